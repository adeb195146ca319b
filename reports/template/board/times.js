"use strict";
// Times in the zone of the browser, countdowns by the clock of the server, forms that ask for a time.
const Telerad = (() => {
  const lang = document.documentElement.lang;
  const offset = Number(document.body.dataset.now) - Date.now() / 1000;
  const now = () => Date.now() / 1000 + offset;
  const two = "2-digit";
  const FORMS = {
    second: { day: two, month: two, hour: two, minute: two, second: two },
    day: { day: two, month: two, hour: two, minute: two },
    minute: { hour: two, minute: two },
  };
  const text = (node, value) => { if (node.textContent !== value) node.textContent = value; return node; };

  // "1 h 05 min", "12 min", "45 s"
  const span = (seconds) => {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 120) return whole + " s";
    const minutes = Math.round(whole / 60);
    if (minutes < 120) return minutes + " min";
    return Math.floor(minutes / 60) + " h " + String(minutes % 60).padStart(2, "0") + " min";
  };

  const localise = (root) => {
    for (const node of root.querySelectorAll("[data-form][data-at]")) {
      const at = new Date(Number(node.dataset.at) * 1000);
      text(node, new Intl.DateTimeFormat(lang === "fr" ? "fr-FR" : "en-GB", FORMS[node.dataset.form]).format(at).replace(",", ""));
    }
    for (const node of root.querySelectorAll("[data-zone]")) {
      text(node, node.dataset.zone.replace("{zone}", Intl.DateTimeFormat().resolvedOptions().timeZone));
    }
    for (const node of root.querySelectorAll("input[type=datetime-local][data-at]")) {
      const at = new Date(Number(node.dataset.at) * 1000);
      node.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    }
  };

  // Something ran out of time: whoever shows it looks again, once.
  const over = new Set();
  const whenOver = [];
  const count = () => {
    for (const node of document.querySelectorAll("[data-left]")) {
      const until = Number(node.dataset.left);
      text(node, node.dataset.words.replace("{left}", span(until - now())));
      if (until < now() && !over.has(until)) {
        over.add(until);
        for (const tell of whenOver) tell();
      }
    }
  };

  document.addEventListener("submit", (event) => {
    for (const node of event.target.querySelectorAll("input[type=datetime-local]")) {
      const exact = event.target.elements[node.name + "_at"];
      if (exact && node.value) exact.value = String(new Date(node.value).getTime() / 1000);
    }
  });

  localise(document);
  count();
  setInterval(count, 500);
  return { now, span, text, localise, count, whenOver };
})();
