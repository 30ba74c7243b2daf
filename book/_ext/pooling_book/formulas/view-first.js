// Sets the formulas in view first, and all others while the reader reads: setting every formula of a
// long chapter at once would hold up the page. MathJax's own lazy mode leaves formulas out of sight
// empty, so that a search finds nothing there and the text jumps when one scrolls to it.
(() => {
  const AT_ONCE = 16;
  let waiting = [];

  // This script is deferred, so the event is still to come: after all other scripts of the page.
  const complete = new Promise((go) => addEventListener("DOMContentLoaded", go));

  // Until the browser has drawn what there is, with its fonts. It draws nothing in a tab that is not
  // seen, and a font may take long.
  const drawn = () =>
    new Promise((go) => {
      requestAnimationFrame(() => setTimeout(() => document.fonts.ready.then(go)));
      setTimeout(go, 250);
    });

  // Nearly every formula needs these fonts: fetched now, they are there when MathJax is. In a
  // book that was opened from a disk, browsers refuse to fetch in advance.
  if (location.protocol !== "file:") {
    for (const name of ["Zero", "Main-Regular", "Math-Italic"]) {
      const link = document.createElement("link");
      const file = `output/chtml/fonts/woff-v2/MathJax_${name}.woff`;
      const href = new URL(file, document.currentScript.src).href;
      document.head.append(Object.assign(link, { rel: "preload", as: "font", crossOrigin: "", href }));
    }
  }

  // How far a formula is from what is on the screen, in pixels; `top` is where the screen begins.
  const distance = (formula, top) => {
    const box = formula.getBoundingClientRect();
    if (!box.width && !box.height) return Infinity; // not shown at all, as in a closed fold
    return Math.max(0, top - box.bottom, box.top - top - innerHeight);
  };

  // A page that is opened at a place within it may not have moved there yet.
  const destination = () => {
    let name = location.hash.slice(1);
    try {
      name = decodeURIComponent(name);
    } catch {
      // A percent sign that encodes nothing stands for itself.
    }
    const there = scrollY === 0 && name && document.getElementById(name);
    return there ? there.getBoundingClientRect().top : 0;
  };

  const sorted = (top) =>
    waiting
      .map((formula) => [distance(formula, top), formula])
      .sort(([one], [other]) => one - other);

  const set = async (formulas) => {
    waiting = waiting.filter((formula) => !formulas.includes(formula));
    await MathJax.typesetPromise(formulas);
  };

  const pageReady = async () => {
    waiting = [...document.querySelectorAll(".math")];
    // Formulas above the screen change their height when they are set. Browsers that do not keep the
    // text in its place meanwhile would lose the place that was asked for.
    const steady = !location.hash || CSS.supports("overflow-anchor", "auto");
    const near = sorted(destination()).filter(([far]) => !steady || far < innerHeight / 2);
    if (near.length) await set(near.map(([, formula]) => formula));
    await complete;
    while (waiting.length) {
      await drawn();
      const next = sorted(0).slice(0, AT_ONCE);
      if (next.length) await set(next.map(([, formula]) => formula));
    }
  };

  addEventListener("beforeprint", () => {
    if (!waiting.length || !window.MathJax?.typeset) return;
    // At once, as the browser does not wait. Whatever cannot be set at once keeps its turn.
    try {
      MathJax.typeset(waiting);
    } finally {
      waiting = waiting.filter((formula) => !formula.querySelector("mjx-container"));
    }
  });

  // Whoever waits for `MathJax.startup.promise` waits for the last formula.
  window.MathJax = { ...window.MathJax, startup: { ...window.MathJax?.startup, pageReady } };
})();
