// Go where the address says: to a state of the page, or to an anchor.

function go() {
  const text = location.hash.slice(1);
  if (text.includes("=") || !text) {
    read();
    if (chosen.lang) speak(chosen.lang);
    apply();
    const item = chosen.finding && document.getElementById("finding-" + chosen.finding);
    if (!item) return;
    const tab = chosen.tab;
    reveal(item);
    show(item);
    if (tab) turn(item, tab, true);
    item.scrollIntoView({block: "center"});
    return;
  }
  const target = document.getElementById(text);
  if (!target) return;
  reveal(target);
  target.scrollIntoView({block: target.matches("span, .finding") ? "center" : "start"});
}

window.addEventListener("hashchange", go);
go();
