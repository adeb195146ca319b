"use strict";
// The address keeps what a reader chose: filters, the finding looked at, its tab, the language.

const root = document.documentElement;
const FILTERS = ["verdict", "level", "flow", "group", "q"];
const chosen = {};

function choose(changes) {
  for (const [key, value] of Object.entries(changes)) {
    if (value) chosen[key] = value;
    else delete chosen[key];
  }
}

function write() {
  const text = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}

function read() {
  const values = new URLSearchParams(location.hash.slice(1));
  for (const key of [...FILTERS, "finding", "tab"]) choose({[key]: values.get(key)});
  if (values.get("lang")) choose({lang: values.get("lang") === "en" ? "en" : "fr"});
}

function speak(lang) {
  root.lang = lang;
  for (const option of document.querySelectorAll("option[data-fr]")) option.textContent = option.dataset[lang];
}

function reveal(target) {
  target.hidden = false;
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
}

const language = document.getElementById("language");
language.hidden = false;
language.addEventListener("click", function () {
  speak(root.lang === "fr" ? "en" : "fr");
  choose({lang: root.lang});
  write();
});
