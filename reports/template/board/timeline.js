// The line of now moves on, and with it what goes on; names stay in view where the drawing is scrolled.
(() => {
  const share = (drawing) => drawing.viewBox.baseVal.width / drawing.parentElement.scrollWidth;
  const name = () => {
    const drawing = document.querySelector("svg.lanes");
    if (!drawing) return;
    const x = 4 + drawing.parentElement.scrollLeft * share(drawing);
    for (const text of drawing.querySelectorAll("text.name")) text.setAttribute("x", x.toFixed(1));
  };
  const move = () => {
    const drawing = document.querySelector("svg.lanes");
    if (!drawing) return;
    const x = (Telerad.now() - Number(drawing.dataset.begin)) * Number(drawing.dataset.scale);
    const line = document.getElementById("now");
    for (const name of ["x1", "x2"]) line.setAttribute(name, x.toFixed(1));
    for (const bar of drawing.querySelectorAll("[data-from]")) {
      bar.setAttribute("width", Math.max(3, x - Number(bar.getAttribute("x"))).toFixed(1));
    }
    name();
    return x;
  };
  const drawing = document.querySelector("svg.lanes");
  if (!drawing) return;
  const wide = drawing.parentElement; // on a phone: where it is now is seen first
  wide.scrollLeft = move() / share(drawing) - wide.clientWidth * 0.8;
  document.addEventListener("scroll", name, true);
  name();
  setInterval(move, 500);
})();
