"use strict";
(function () {
  const root = document.documentElement;
  const button = document.getElementById("language");
  const forms = Array.from(document.querySelectorAll(".tools"));

  function filter(form) {
    const text = form.elements.q.value.trim().toLowerCase();
    const chosen = form.elements.choice.value;
    let count = 0;
    for (const item of document.querySelectorAll(form.dataset.items)) {
      const fits = !chosen || item.dataset.choice === chosen;
      item.hidden = !(fits && (!text || item.textContent.toLowerCase().includes(text)));
      count += item.hidden ? 0 : 1;
    }
    for (const section of document.querySelectorAll(".section")) {
      section.hidden = !section.querySelector(".statement:not([hidden])");
    }
    form.querySelector("output").textContent = String(count);
  }

  function open() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    if (target.tagName === "DETAILS") target.open = true;
    const section = target.closest(".section");
    if (section) section.hidden = false;
    target.scrollIntoView({block: "start"});
  }

  button.hidden = false;
  button.addEventListener("click", function () {
    root.lang = root.lang === "fr" ? "en" : "fr";
    for (const option of document.querySelectorAll("option[data-fr]")) {
      option.textContent = option.dataset[root.lang];
    }
  });
  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => filter(form));
  }
  window.addEventListener("hashchange", open);
  open();
})();
