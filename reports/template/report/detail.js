// The detail of a finding: tabs, each filled when it is first looked at. Where there is room it stands
// beside the list, else below its line.

const bodies = new Map(Array.from(document.querySelectorAll(".finding"), (item) => [item, item.querySelector(".body")]));
const pane = document.getElementById("pane");
const wide = window.matchMedia("(min-width: 1100px)");
let shown = null;
let printing = false;

const numberOf = (item) => item.id.replace("finding-", "");

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function copyOf(node) {
  const copy = node.cloneNode(true);
  for (const one of [copy, ...copy.querySelectorAll("[id]")]) one.removeAttribute("id");
  return copy;
}

// -- what each tab shows

const MAKE = {
  message(item) {
    const er7 = copyOf(document.getElementById(item.dataset.message));
    const table = element("table", {className: "tree"});
    for (const seg of er7.querySelectorAll(".seg")) {
      seg.dataset.pick = "";
      seg.addEventListener("click", () => pick(er7, seg, table));
    }
    const about = er7.querySelector("[data-line='" + item.dataset.line + "']") || er7.querySelector(".seg");
    if (about) pick(er7, about, table);
    return [er7, table];
  },
  bytes(item) {
    return [hexadecimal(Number(item.dataset.start), item.dataset.bytes, item.dataset.mark.split(" ").map(Number))];
  },
  document(item) {
    const sides = copyOf(document.querySelector("#" + item.dataset.document + " .sides"));
    sides.prepend(sides.querySelector(".source"));
    return [sides];
  },
  ack(item) {
    return [copyOf(document.getElementById(item.dataset.ack))];
  },
  requirement(item) {
    return [copyOf(item.parentElement.querySelector(".req"))];
  },
  history(item) {
    return [copyOf(item.parentElement.querySelector(".history"))];
  },
};

const NEEDS = {message: "message", bytes: "bytes", document: "document", ack: "ack"};

function pick(er7, seg, table) {
  for (const other of er7.querySelectorAll(".picked")) other.classList.remove("picked");
  seg.classList.add("picked");
  table.replaceChildren(...rows(seg));
}

function rows(seg) {
  const name = seg.querySelector("b").textContent;
  const found = [];
  let number = name === "MSH" ? 1 : 0;
  for (const part of seg.children) {
    if (part.tagName === "I") number += part.textContent.length;
    if (part.tagName !== "SPAN") continue;
    const at = name + "-" + number;
    const hit = part.querySelector(".hit") !== null;
    found.push(row(at, at, part.textContent, "whole", hit));
    if (at !== "MSH-2") found.push(...components(at, part.textContent));
  }
  return found;
}

function components(at, text) {
  const repetitions = text.split("~");
  if (repetitions.length === 1 && !text.includes("^")) return [];
  const found = [];
  repetitions.forEach(function (repetition, index) {
    const head = repetitions.length > 1 ? at + "[" + (index + 1) + "]" : at;
    repetition.split("^").forEach(function (value, place) {
      if (value) found.push(row(head + "." + (place + 1), at + "." + (place + 1), value, "part", false));
    });
  });
  return found;
}

function row(at, named, value, kind, hit) {
  const name = document.querySelector("#names [data-at='" + CSS.escape(named) + "']");
  const label = element("td", {});
  if (name) label.append(...copyOf(name).childNodes);
  const line = element("tr", {className: kind}, element("th", {textContent: at, scope: "row"}), label, element("td", {textContent: value}));
  if (hit) line.classList.add("hit");
  return line;
}

function hexadecimal(start, text, mark) {
  const octets = text.match(/../g) || [];
  const view = element("pre", {className: "hex", tabIndex: 0});
  for (let at = 0; at < octets.length; at += 16) {
    const line = octets.slice(at, at + 16);
    const inside = (index) => mark[0] <= start + at + index && start + at + index < mark[1];
    view.append((start + at).toString(16).padStart(6, "0") + "  ");
    line.forEach((octet, index) => view.append(inside(index) ? element("mark", {textContent: octet}) : octet, " "));
    view.append("   ".repeat(16 - line.length) + " ");
    for (const [index, octet] of line.entries()) {
      const code = parseInt(octet, 16);
      const letter = code > 31 && code < 127 ? String.fromCharCode(code) : "·";
      view.append(inside(index) ? element("mark", {textContent: letter}) : letter);
    }
    view.append("\n");
  }
  return view;
}

// -- tabs

function dress(item) {
  const body = bodies.get(item);
  if (body.firstElementChild.matches("[role=tablist]")) return;
  const about = element("div", {className: "panel"}, ...body.childNodes);
  const list = copyOf(document.getElementById("tabs"));
  list.hidden = false;
  list.setAttribute("aria-label", numberOf(item));
  body.append(list);
  for (const tab of Array.from(list.children)) {
    const name = tab.dataset.tab;
    if (NEEDS[name] && !item.dataset[NEEDS[name]]) {
      tab.remove();
      continue;
    }
    const panel = name === "about" ? about : element("div", {className: "panel"});
    tab.id = "tab-" + numberOf(item) + "-" + name;
    panel.id = "panel-" + numberOf(item) + "-" + name;
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
    tab.addEventListener("click", () => turn(item, name, true));
    body.append(panel);
  }
  list.addEventListener("keydown", function (event) {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!by) return;
    const all = Array.from(list.children);
    const next = all[(all.indexOf(event.target) + by + all.length) % all.length];
    turn(item, next.dataset.tab, true);
    next.focus();
  });
  turn(item, "about", false);
}

function turn(item, name, asked) {
  const body = bodies.get(item);
  const tabs = Array.from(body.querySelectorAll("[role=tab]"));
  const wanted = tabs.find((tab) => tab.dataset.tab === name) || tabs[0];
  for (const tab of tabs) {
    const on = tab === wanted;
    const panel = body.querySelector("#" + tab.getAttribute("aria-controls"));
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    panel.hidden = !on;
    if (on && !panel.hasChildNodes()) panel.append(...MAKE[tab.dataset.tab](item));
    if (on && tab.dataset.tab === "document") toLine(panel, item);
  }
  if (!asked) return;
  choose({finding: numberOf(item), tab: wanted.dataset.tab === "about" ? "" : wanted.dataset.tab});
  write();
}

function toLine(panel, item) {
  for (const mark of panel.querySelectorAll("a[href='#finding-" + numberOf(item) + "']")) {
    const box = mark.closest(".xml, .paper");
    if (box) box.scrollTop += mark.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
  }
}

// -- beside the list, or below the line

function putBack() {
  if (!shown) return;
  shown.append(bodies.get(shown));
  shown = null;
  pane.replaceChildren();
}

function show(item) {
  const tab = chosen.finding === numberOf(item) ? chosen.tab : "";
  dress(item);
  if (tab) turn(item, tab, false);
  if (wide.matches && shown !== item) {
    const before = shown;
    putBack();
    if (before) before.open = false;
    const head = element("h3", {}, ...Array.from(item.parentElement.querySelector("summary").childNodes, (node) => node.cloneNode(true)));
    pane.replaceChildren(head, bodies.get(item));
    pane.scrollTop = 0;
    shown = item;
  }
  if (location.hash === "#" + item.id) choose({finding: numberOf(item), tab});
  else if (chosen.finding !== numberOf(item)) {
    choose({finding: numberOf(item), tab: ""});
    write();
  }
}

if (pane) {
  root.classList.add("scripted");
  pane.hidden = false;
  document.getElementById("findings").addEventListener("toggle", function (event) {
    const item = event.target;
    if (printing || !bodies.has(item)) return;
    if (item.open) show(item);
    else if (item === shown) putBack();
  }, true);
  wide.addEventListener("change", function () {
    const item = shown || findings.find((one) => one.open);
    putBack();
    if (item && item.open) show(item);
  });
}

window.addEventListener("beforeprint", function () {
  printing = true;
  putBack();
  for (const item of document.querySelectorAll(".cause:not([hidden]), .finding:not([hidden]), .untested")) {
    item.open = true;
    if (bodies.has(item) && bodies.get(item).querySelector("[role=tab]")) turn(item, "about", false);
  }
});
window.addEventListener("afterprint", function () {
  for (const item of findings) item.open = false;
  setTimeout(() => { printing = false; }, 100);
});
