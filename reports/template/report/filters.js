// Which findings are in the list, and how keys go from one to the next.

const form = document.getElementById("filters");
const findings = Array.from(document.querySelectorAll(".finding"));
const causes = Array.from(document.querySelectorAll(".cause"));
const MANY = 60;
const texts = new Map();

function textOf(item) {
  if (!texts.has(item)) {
    const cause = item.parentElement.querySelector("summary").textContent;
    texts.set(item, (cause + item.textContent + bodies.get(item).textContent).toLowerCase());
  }
  return texts.get(item);
}

function fits(item) {
  const same = FILTERS.every((key) => key === "q" || !chosen[key] || item.dataset[key] === chosen[key]);
  return same && (!chosen.q || textOf(item).includes(chosen.q.toLowerCase()));
}

function apply() {
  let count = 0;
  for (const item of findings) {
    item.hidden = !fits(item);
    count += item.hidden ? 0 : 1;
  }
  const few = FILTERS.some((key) => chosen[key]) && count <= MANY;
  for (const cause of causes) {
    cause.hidden = !cause.querySelector(".finding:not([hidden])");
    if (few && !cause.hidden) cause.open = true;
  }
  if (!form) return;
  document.getElementById("shown").textContent = String(count);
  document.getElementById("none").hidden = count > 0;
  for (const key of FILTERS) form.elements[key].value = chosen[key] || "";
}

if (form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", function () {
    for (const key of FILTERS) choose({[key]: form.elements[key].value});
    write();
    apply();
  });
  form.addEventListener("reset", function (event) {
    event.preventDefault();
    for (const key of FILTERS) choose({[key]: ""});
    write();
    apply();
  });
}

for (const link of document.querySelectorAll("a[data-filter]")) {
  link.addEventListener("click", () => setTimeout(() => document.getElementById("findings").scrollIntoView(), 0));
}

function step(by) {
  const list = findings.filter((item) => !item.hidden);
  const here = list.findIndex((item) => item.contains(document.activeElement) || item === shown);
  const next = list[Math.min(Math.max(here + by, 0), list.length - 1)];
  if (!next) return;
  reveal(next);
  next.querySelector("summary").focus({preventScroll: true});
  next.scrollIntoView({block: "center"});
}

document.addEventListener("keydown", function (event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !form) return;
  const writes = event.target.matches("input, select");
  if (event.key === "Escape") {
    form.dispatchEvent(new Event("reset", {cancelable: true}));
    event.target.blur();
  } else if (writes) {
    return;
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  } else if (event.key === "/") {
    event.preventDefault();
    form.elements.q.focus();
  }
});
