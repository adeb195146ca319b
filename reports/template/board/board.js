"use strict";
// The pages work without this script; it fills in the code of a link and shows what happens while it happens.
(() => {
  const join = document.getElementById("join");
  if (join && location.hash.length > 1) {
    join.elements.code.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    join.elements.name.focus();
  }

  const text = (node, value) => { node.textContent = value; return node; };

  const board = document.getElementById("board");
  if (board) {
    const live = document.getElementById("live");
    let again = 0;
    const reload = () => {
      if (!board.dataset.part || again) return;
      again = setTimeout(async () => {
        again = 0;
        const answer = await fetch(board.dataset.part, { credentials: "same-origin" });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("matrix");
        const old = document.getElementById("matrix");
        if (fresh && old) old.replaceWith(document.adoptNode(fresh));
      }, 300);
    };
    const show = (told) => {
      const cell = document.getElementById(told.id);
      const row = cell && cell.closest("[data-version]");
      if (!row || row.dataset.version !== told.version) return;
      const words = told.sign + " " + told.told;
      let inner = cell.querySelector("a");
      if (!inner && !cell.querySelector("span")) return;
      if (!inner && told.other === null && (board.dataset.system || row.querySelector("th a"))) {
        inner = document.createElement("a");
        cell.replaceChildren(inner);
      }
      if (inner) inner.setAttribute("href", "/runs/" + Number(told.run));
      text(inner || cell.querySelector("span"), words);
      cell.className = told.colour + " new";
      setTimeout(() => cell.classList.remove("new"), 3000);
    };
    const last = document.getElementById("matrix").dataset.last;
    const stream = new EventSource(board.dataset.events + "?after=" + last);
    const state = (on) => {
      if (!live) return;
      live.classList.toggle("on", on);
      text(live, on ? board.dataset.live : board.dataset.still);
    };
    stream.onopen = () => state(true);
    stream.onerror = () => state(false);
    stream.addEventListener("cell", (event) => { show(JSON.parse(event.data)); reload(); });
    stream.addEventListener("systems", reload);
    stream.addEventListener("review", reload);
  }

  const trace = document.getElementById("trace");
  const count = () => {
    for (const row of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.round(Number(row.dataset.until) - Date.now() / 1000));
      const cell = row.lastElementChild;
      if (!cell.dataset.words) cell.dataset.words = cell.textContent;
      text(cell, cell.dataset.words + " (" + left + " s)");
    }
  };
  if (trace && trace.dataset.events) {
    setInterval(count, 500);
    const stream = new EventSource(trace.dataset.events + "?after=" + trace.dataset.last);
    const add = (event) => {
      const told = JSON.parse(event.data);
      if (!told.cells) return;
      for (const row of trace.querySelectorAll("[data-until]")) row.remove();
      const row = document.createElement("tr");
      row.className = told.colour;
      if (told.until) row.dataset.until = told.until;
      for (const value of told.cells) row.append(text(document.createElement("td"), value));
      if (told.cells.length === 2) row.lastElementChild.colSpan = 5;
      trace.tBodies[0].append(row);
    };
    for (const kind of ["exchange", "waits", "listening"]) stream.addEventListener(kind, add);
    stream.addEventListener("cell", (event) => {
      const told = JSON.parse(event.data);
      const badge = document.getElementById("state");
      const words = told.sign + " " + told.told;
      if (badge.textContent === words) return;
      text(badge, words);
      stream.close();
      location.reload();
    });
  }
})();
