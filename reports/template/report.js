"use strict";
(function () {
  const root = document.documentElement;
  const button = document.getElementById("language");
  const form = document.getElementById("filters");
  const findings = Array.from(document.querySelectorAll(".finding"));
  const shown = document.getElementById("shown");
  const keys = ["verdict", "flow", "group", "q"];

  function state() {
    const text = location.hash.slice(1);
    return text.includes("=") ? new URLSearchParams(text) : new URLSearchParams();
  }

  function write(values) {
    const text = values.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  function speak(lang) {
    root.lang = lang;
    for (const option of document.querySelectorAll("option[data-fr]")) option.textContent = option.dataset[lang];
  }

  function apply(values) {
    let count = 0;
    for (const item of findings) {
      const text = item.textContent.toLowerCase();
      const fits = ["verdict", "flow", "group"].every((k) => !values.get(k) || item.dataset[k] === values.get(k));
      const keep = fits && (!values.get("q") || text.includes(values.get("q").toLowerCase()));
      item.hidden = !keep;
      count += keep ? 1 : 0;
    }
    if (shown) shown.textContent = String(count);
    if (values.get("lang")) speak(values.get("lang") === "en" ? "en" : "fr");
    if (form) for (const k of keys) form.elements[k].value = values.get(k) || "";
  }

  function open() {
    const text = location.hash.slice(1);
    if (!text || text.includes("=")) return apply(state());
    const target = document.getElementById(text);
    if (!target) return;
    target.hidden = false;
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView({block: target.tagName === "SPAN" ? "center" : "start"});
  }

  button.hidden = false;
  button.addEventListener("click", function () {
    speak(root.lang === "fr" ? "en" : "fr");
    const values = state();
    values.set("lang", root.lang);
    write(values);
  });
  if (form) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", function () {
      const values = new URLSearchParams();
      for (const k of keys) if (form.elements[k].value) values.set(k, form.elements[k].value);
      if (state().get("lang")) values.set("lang", state().get("lang"));
      write(values);
      apply(values);
    });
  }
  for (const link of document.querySelectorAll("a[data-filter]")) {
    link.addEventListener("click", function () {
      setTimeout(() => document.getElementById("findings").scrollIntoView(), 0);
    });
  }
  window.addEventListener("hashchange", open);
  document.addEventListener("keydown", function (event) {
    if (event.target.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "j" && event.key !== "k") return;
    const visible = findings.filter((item) => !item.hidden);
    const here = visible.findIndex((item) => item.contains(document.activeElement));
    const next = visible[Math.min(Math.max(here + (event.key === "j" ? 1 : -1), 0), visible.length - 1)];
    if (next) {
      next.open = true;
      next.querySelector("summary").focus();
      next.scrollIntoView({block: "center"});
    }
  });
  window.addEventListener("beforeprint", function () {
    for (const item of document.querySelectorAll(".finding:not([hidden]), .untested")) item.open = true;
  });
  open();
})();
