// The pages work without this script; it fills in the code of a link and shows what happens while it happens.
(() => {
  const { now, text, localise, count } = Telerad;
  const join = document.getElementById("join");
  if (join && location.hash.length > 1) {
    join.elements.code.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    join.elements.name.focus();
  }

  // A part of the page is fetched again, once for all that happens within a moment.
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  const reloading = (address, id) => {
    const once = async () => {
      const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
      if (!answer || !answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(id);
      const old = document.getElementById(id);
      if (!fresh || !old) return;
      const places = [...old.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
      const held = old.contains(document.activeElement) ? document.activeElement.id : "";
      old.replaceWith(document.adoptNode(fresh));
      localise(fresh);
      count();
      [...fresh.querySelectorAll(".scroll")].forEach((one, at) => { one.scrollLeft = places[at] || 0; });
      if (held && document.getElementById(held)) document.getElementById(held).focus();
    };
    // One at a time, so that none comes after a later one; spread, so that a full room does not ask at once.
    let wanted = false;
    let going = false;
    return async () => {
      wanted = Boolean(address);
      if (going) return;
      going = true;
      while (wanted) {
        await pause(200 + 400 * Math.random());
        wanted = false;
        await once().catch(() => null);
        await pause(1000);
      }
      going = false;
    };
  };

  const live = document.getElementById("live");
  const follow = (address, last, words) => {
    const stream = new EventSource(address + "?after=" + last);
    const state = (on) => {
      if (!live) return;
      live.classList.toggle("on", on);
      text(live, on ? words.live : words.still);
    };
    stream.onopen = () => state(true);
    stream.onerror = () => state(false);
    stream.addEventListener("slow", (event) => { if (live) text(live, JSON.parse(event.data).told); });
    return stream;
  };

  const board = document.getElementById("board");
  if (board) {
    const reload = reloading(board.dataset.part, "matrix");
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
    const stream = follow(board.dataset.events, document.getElementById("matrix").dataset.last, board.dataset);
    stream.addEventListener("cell", (event) => {
      const known = Number(document.getElementById("matrix").dataset.last);
      if (Number(event.lastEventId) > known) show(JSON.parse(event.data)); // else the page is newer
      reload();
    });
    for (const kind of ["systems", "review", "slots"]) stream.addEventListener(kind, reload);
    Telerad.whenOver.push(reload);
  }

  // A page that shows what its kinds of events change: the schedule, the timeline.
  const followed = document.getElementById("followed");
  if (followed) {
    const reload = reloading(followed.dataset.part, "part");
    const stream = follow(followed.dataset.events, document.getElementById("part").dataset.last, live.dataset);
    for (const kind of followed.dataset.kinds.split(" ")) stream.addEventListener(kind, reload);
    Telerad.whenOver.push(reload);
    setInterval(reload, 60000);
  }

  // Evidence for a step: the form knows which one.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-step]");
    const form = document.getElementById("attach-form");
    if (!link || !form) return;
    form.open = true;
    form.querySelector("select[name=step]").value = link.dataset.step;
    form.querySelector("input[type=file]").focus();
  });

  const trace = document.getElementById("trace");
  if (trace && trace.dataset.events) {
    setInterval(() => {
      for (const row of document.querySelectorAll("[data-until]")) {
        const left = Math.max(0, Math.round(Number(row.dataset.until) - now()));
        const cell = row.lastElementChild;
        if (!cell.dataset.words) cell.dataset.words = cell.textContent;
        text(cell, cell.dataset.words + " (" + left + " s)");
      }
    }, 500);
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
    const again = reloading(location.pathname + "/steps", "steps");
    for (const kind of ["exchange", "waits", "listening"]) stream.addEventListener(kind, add);
    for (const kind of ["exchange", "waits", "proof"]) stream.addEventListener(kind, again);
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
