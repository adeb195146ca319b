// The line of now moves on, and with it what goes on.
(() => {
  const move = () => {
    const drawing = document.querySelector("svg.lanes");
    if (!drawing) return;
    const x = (Telerad.now() - Number(drawing.dataset.begin)) * Number(drawing.dataset.scale);
    const line = document.getElementById("now");
    for (const name of ["x1", "x2"]) line.setAttribute(name, x.toFixed(1));
    for (const bar of drawing.querySelectorAll("[data-from]")) {
      bar.setAttribute("width", Math.max(3, x - Number(bar.getAttribute("x"))).toFixed(1));
    }
  };
  const drawing = document.querySelector("svg.lanes");
  if (!drawing) return;
  const wide = drawing.parentElement; // on a phone: where it is now is seen first
  const share = (Telerad.now() - Number(drawing.dataset.begin)) * Number(drawing.dataset.scale) / drawing.viewBox.baseVal.width;
  wide.scrollLeft = wide.scrollWidth * share - wide.clientWidth * 0.8;
  setInterval(move, 500);
})();
