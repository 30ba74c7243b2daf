// <pooling-playground>: edit numbers, choose an operation, step through the windows.
//
// Needs pooling.js and python-lines.js, which are loaded before it. What the element contains in
// the page, a picture, is what readers without JavaScript see; a shadow tree takes its place, so
// the theme's rules for tables and forms stay outside. Nothing moves by itself.
(() => {
  "use strict";

  const SIDE = 10; // the largest input, window and stride
  const LARGEST = 1e6; // Keras computes in float32: beyond this, differences would show
  const PREFIX = "#playground=";

  const EXAMPLES = [
    ["1 to 9", "The first average is (1 + 2 + 4 + 5) / 4 = 3. Make the stride 2: it is the only one left.",
      "average:valid:2,2:1,1:3,3:0:1,2,3,4,5,6,7,8,9"],
    ["A column left over", "The last column lies in no window. Change its numbers: nothing happens.",
      "max:valid:3,3:2,2:3,8:0:4,1,3,0,2,5,1,90,0,7,2,6,1,0,3,80,5,2,8,1,4,2,6,70"],
    ["Uneven padding", "One row and one column are added, at the bottom and right. The last average is 9 / 1.",
      "average:same:2,2:2,2:3,3:0:1,2,3,4,5,6,7,8,9"],
    ["All −1 under same", "If cells outside counted as zero, the border would be 0. It is −1.",
      "max:same:3,3:1,1:3,3:0:-1,-1,-1,-1,-1,-1,-1,-1,-1"],
    ["Ties", "Each window has the same maximum in another place, or in several: the output cannot tell.",
      "max:valid:2,2:2,2:4,4:0:7,0,0,7,0,0,0,0,7,7,7,7,0,0,7,7"],
    ["Overlap", "A stride smaller than the window: the 9 in the middle is the maximum of every window.",
      "max:valid:3,3:1,1:5,5:0:1,4,2,0,3,5,2,6,1,4,0,3,9,2,1,2,6,1,3,5,4,0,2,5,1"],
    ["A dark line", "The maximum erases a thin dark line. Choose min: now it is all that is left of its windows.",
      "max:valid:2,2:2,2:4,6:0:9,9,1,9,9,9,9,9,1,9,9,9,9,9,1,9,9,9,9,9,1,9,9,9"],
    ["Stripes", "Press “Move right”: the stripes were there, and are gone. Windows may have unequal sides.",
      "max:valid:1,2:1,2:1,8:0:0,0,1,1,0,0,1,1"],
    ["Global", "The whole input is the only window.",
      "global-average:valid:2,2:2,2:3,3:0:1,2,3,4,5,6,7,8,9"],
  ];

  const STYLE = `
    :host { --ink: var(--pst-color-text-base, #222832); --paper: var(--pst-color-background, #fff);
      --line: var(--pst-color-text-muted, #6a6a6a); --mark: var(--pst-color-link, #0060a0);
      --tint: color-mix(in srgb, var(--mark) 18%, var(--paper)); --cell: 2.6rem;
      display: block; color: var(--ink); text-align: start; line-height: 1.5; }
    * { box-sizing: border-box; }
    [hidden], .paper, .hint:empty { display: none !important; }
    section { border: 1px solid var(--line); border-radius: .5rem; padding: .9rem; }
    p { margin: .5rem 0; }
    .examples, .controls, .steps { display: flex; flex-wrap: wrap; gap: .4rem; }
    .controls { gap: .6rem 1rem; align-items: end; margin: .8rem 0; }
    .title { margin: 0 .3rem 0 0; align-self: center; font-weight: 600; }
    .hint { border-left: 4px solid var(--mark); padding-left: .6rem; }
    label, legend { font-size: .9rem; padding: 0; }
    label > select { display: block; }
    fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
    input, select, button { font: inherit; color: inherit; background: var(--paper);
      border: 1px solid var(--line); border-radius: .3rem; min-height: 2.1rem; margin: 0; }
    button { padding: .2rem .6rem; cursor: pointer; }
    button:hover { background: var(--tint); }
    select { padding: 0 .3rem; max-width: 100%; }
    fieldset input { width: 3.6rem; padding: 0 .3rem; }
    :disabled { opacity: .55; cursor: not-allowed; }
    [aria-pressed=true] { border: 2px solid var(--mark); font-weight: 600; text-decoration: underline;
      padding: calc(.2rem - 1px) calc(.6rem - 1px); }
    :focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
    a { color: var(--mark); }

    .board { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.2rem; }
    .board > div { min-width: 0; max-width: 100%; }
    .board .title { margin: 0; }
    .scroll { overflow-x: auto; padding: 5px; }
    .cells { display: grid; width: max-content; grid-auto-rows: var(--cell);
      grid-auto-columns: var(--cell); }
    [role=row] { display: contents; }
    .cell { border: 1px solid var(--line); margin: 0 -1px -1px 0; display: grid; place-items: center;
      font-variant-numeric: tabular-nums; background: var(--paper); min-width: 0; }
    .cell input { width: 100%; height: 100%; min-height: 0; border: 0; border-radius: 0; padding: 0;
      text-align: center; background: none; font-variant-numeric: tabular-nums; }
    .cell.long, .cell.long input { font-size: .7rem; }
    .cell.in { background: var(--tint); }
    .cell.counts input { font-weight: 700; text-decoration: underline; }
    .cell :focus-visible, .cell:focus-visible { outline-offset: -4px; outline-style: dashed; }
    .cell input[aria-invalid=true] { outline: 3px double var(--ink); outline-offset: -4px; }
    .outside { border-style: dashed; background: repeating-linear-gradient(135deg,
      transparent 0 5px, var(--line) 5px 6px); }
    .output .cell { cursor: pointer; }
    .frame { border: 4px solid var(--mark); margin: -2px -1px -1px -2px; pointer-events: none;
      z-index: 1; }
    .arrow { font-size: 1.8rem; color: var(--mark); }
    .steps { margin-top: .6rem; align-items: center; }
    .result { font-size: 1.05rem; min-height: 3em; overflow-wrap: anywhere; }
    .result.fault { border: 2px solid var(--ink); border-radius: .3rem; padding: .4rem .6rem; }
    .sizes { margin: .5rem 0; padding-left: 1.2rem; }
    summary { font-weight: 600; cursor: pointer; width: max-content; }
    pre { margin: .3rem 0 .8rem; padding: .6rem; border: 1px solid var(--line); border-radius: .3rem;
      white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; tab-size: 4; }
    @media (max-width: 576px) { :host { --cell: 2.25rem; } section { padding: .6rem; } }
    @media print {
      .examples, .hint, .controls, .steps, .link { display: none !important; }
      .paper { display: block !important; font-weight: 600; }
      .scroll { overflow: visible; }
      section, .cell, .outside { print-color-adjust: exact; }
      .board, pre { break-inside: avoid; }
    }`;

  const two = (name, title) => `
    <fieldset class="${name}"><legend>${title}</legend>
      <input type="number" name="${name}-0" min="1" max="${SIDE}" aria-label="${title}: rows"> ×
      <input type="number" name="${name}-1" min="1" max="${SIDE}" aria-label="${title}: columns">
    </fieldset>`;

  const BODY = `
    <section aria-label="Pooling playground">
      <div class="examples" role="group" aria-label="Examples"><p class="title">Examples</p></div>
      <p class="hint"></p>
      <div class="controls">
        <label>Operation <select name="operation">
          <option value="max">max</option><option value="average">average</option>
          <option value="l2">L2</option><option value="min">min</option>
          <option value="global-max">global max</option>
          <option value="global-average">global average</option></select></label>
        ${two("window", "Window")} ${two("stride", "Stride")}
        <label>Padding <select name="padding">
          <option>valid</option><option>same</option></select></label>
        ${two("size", "Input size")}
        <div class="steps"><button name="random">Random</button><button name="clear">Clear</button>
          <button name="move">Move right</button></div>
      </div>
      <p class="paper"></p>
      <div class="board">
        <div><p class="title">Input</p><div class="scroll"><div class="cells input" role="grid"></div></div></div>
        <div class="arrow" aria-hidden="true">→</div>
        <div><p class="title">Output</p><div class="scroll"><div class="cells output" role="grid"></div></div></div>
      </div>
      <div class="steps" role="group" aria-label="Windows">
        <button name="previous">Previous window</button><button name="next">Next window</button></div>
      <p class="result" role="status"></p>
      <ul class="sizes"></ul>
      <div class="lines">
        <details open><summary>The same in NumPy</summary><pre><code class="numpy"></code></pre></details>
        <details open><summary>The same in Keras</summary><pre><code class="keras"></code></pre></details>
      </div>
      <p class="link"><a>Link to this state</a></p>
    </section>`;

  const minus = (text) => String(text).replace("-", "−");
  const rounded = (value) => Math.round(value * 1000) / 1000 || 0; // `|| 0`: no minus zero
  const short = (value) => minus(rounded(value));
  const equals = (value) => `${rounded(value) === value ? "=" : "≈"} ${short(value)}`;
  const inBrackets = (value) => (value < 0 ? `(${short(value)})` : short(value));
  const several = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // A typed number, or null. Stricter than Number(), which also takes "0x10", "Infinity" and "".
  function typedNumber(text) {
    const plain = text.trim().replace("−", "-");
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return null;
    return Number(plain) || 0;
  }

  // A state is all strings as typed, so that half-typed numbers survive too. As text, in links:
  // operation:padding:window:stride:size:step:cells, for example max:valid:2,2:2,2:1,2:0:5,-3
  function write({ operation, padding, window, stride, size, step, cells }) {
    const list = (texts) => texts.map(encodeURIComponent).join(",");
    return [operation, padding, list(window), list(stride), size, step, list(cells)].join(":");
  }

  // The state of a link, or null if it is none.
  function read(text) {
    const parts = text.split(":");
    if (parts.length !== 7) return null;
    let lists;
    try {
      lists = parts.slice(2).map((part) => part.split(",").map(decodeURIComponent));
    } catch {
      return null; // a % that stands for nothing
    }
    const [window, stride, sizes, [step], cells] = lists;
    const size = sizes.map(Number);
    const sound =
      Object.hasOwn(Pooling.OPERATIONS, parts[0]) && ["valid", "same"].includes(parts[1]) &&
      window.length === 2 && stride.length === 2 && size.length === 2 &&
      size.every((n) => Number.isInteger(n) && n >= 1 && n <= SIDE) &&
      cells.length === size[0] * size[1] && /^\d{1,3}$/.test(step) &&
      [...window, ...stride, ...cells].every((item) => item.length <= 12);
    if (!sound) return null;
    return { operation: parts[0], padding: parts[1], window, stride, size, step: Number(step), cells };
  }

  // What is wrong with a state, in a sentence; null if nothing is.
  function fault({ operation, padding, window, stride, size, cells, wrongSize }) {
    const whole = Pooling.OPERATIONS[operation].whole;
    const limits = `a whole number from 1 to ${SIDE}`;
    const wrong = (text) => !/^\d+$/.test(text) || Number(text) < 1 || Number(text) > SIDE;
    if (wrongSize) return `Each side of the input has to be ${limits}.`;
    if (!whole && window.some(wrong)) return `Each side of the window has to be ${limits}.`;
    if (!whole && stride.some(wrong)) return `Each stride has to be ${limits}.`;
    for (const [index, text] of cells.entries()) {
      const place = `row ${Math.floor(index / size[1])}, column ${index % size[1]}`;
      const number = typedNumber(text);
      if (text.trim() === "") return `The cell in ${place} is empty: type a number.`;
      if (number === null) return `The cell in ${place} holds “${text}”, which is not a number.`;
      if (Math.abs(number) > LARGEST) {
        return `The cell in ${place} is too large: numbers go from −1 million to 1 million.`;
      }
    }
    for (const [k, word] of [[0, "row"], [1, "column"]]) {
      if (!whole && padding === "valid" && Number(window[k]) > size[k]) {
        return `The window has ${several(Number(window[k]), word)}, the input ${size[k]}: under valid ` +
          "no window fits. Make the window smaller or the input larger, or choose same.";
      }
    }
    return null;
  }

  function calculation(operation, values, value) {
    const shown = values.slice(0, 16);
    const more = values.length > shown.length;
    const join = (texts, sign) => texts.join(sign) + (more ? `${sign}…` : "");
    if (operation === "l2") return `√(${join(shown.map((v) => `${inBrackets(v)}²`), " + ")}) ${equals(value)}`;
    if (operation.endsWith("average")) {
      if (values.length === 1) return `${short(value)} / 1 ${equals(value)}`;
      return `(${join(shown.map(inBrackets), " + ")}) / ${values.length} ${equals(value)}`;
    }
    return `${Pooling.OPERATIONS[operation].word}(${join(shown.map(short), ", ")}) ${equals(value)}`;
  }

  function sizeSentence(word, where, n, k, s, padding, axis) {
    if (padding === "same") {
      return `${word}: ⌈${n} / ${s}⌉ = ${axis.count}. Added: max((${axis.count} − 1) · ${s} + ${k} − ${n}, 0)` +
        ` = ${axis.added}, of which ${axis.before} ${where[0]} and ${axis.after} ${where[1]}.`;
    }
    return `${word}: ⌊(${n} − ${k}) / ${s}⌋ + 1 = ${axis.count}.`;
  }

  function make(tag, attributes = {}, text = "") {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  }

  class PoolingPlayground extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return; // moved within the page
      const root = this.attachShadow({ mode: "open" });
      root.innerHTML = `<style>${STYLE}</style>${BODY}`;
      this.find = (selector) => root.querySelector(selector);
      this.cell = 0; // the input cell that Tab leads to
      for (const [name, , state] of EXAMPLES) {
        const button = make("button", { "data-state": state }, name);
        this.find(".examples").append(button);
      }
      root.addEventListener("input", (event) => this.onInput(event.target));
      root.addEventListener("click", (event) => this.onClick(event.target));
      root.addEventListener("keydown", (event) => this.onKey(event));
      root.addEventListener("focusin", (event) => this.onFocus(event.target));
      window.addEventListener("hashchange", () => this.followLink());
      this.load(EXAMPLES[0][2]);
      if (this.followLink()) requestAnimationFrame(() => this.scrollIntoView());
    }

    // Restore the state in the page's address. True if there was one.
    followLink() {
      if (!location.hash.startsWith(PREFIX)) return false;
      const text = location.hash.slice(PREFIX.length);
      if (text === write(this.state)) return true;
      if (!this.load(text)) {
        this.load(EXAMPLES[0][2]);
        this.find(".hint").textContent = "The link could not be read. Here is an example instead.";
      }
      return true;
    }

    // Show the state that `text` describes, in the form of a link. False if it describes none.
    load(text) {
      const state = read(text);
      if (!state) return false;
      this.state = state;
      const now = write({ ...state, step: 0 });
      this.find(".hint").textContent = EXAMPLES.find(([, , example]) => example === now)?.[1] ?? "";
      this.render();
      return true;
    }

    // After a reader's action: show it, and let the address follow without a step in the history.
    update(changes) {
      Object.assign(this.state, changes);
      this.render();
      this.remember();
    }

    remember() {
      clearTimeout(this.timer); // browsers allow few changes of the address in a row
      this.timer = setTimeout(() => {
        try {
          history.replaceState(history.state, "", PREFIX + write(this.state));
        } catch {
          // Not every browser allows it for pages from the disk. The link below still works.
        }
      }, 300);
    }

    onInput(target) {
      const { name, value } = target;
      const side = Number(name.slice(-1));
      if (target.closest(".input")) {
        this.update({ cells: this.state.cells.with(Number(target.dataset.index), value) });
      } else if (name === "operation" || name === "padding") {
        this.update({ [name]: value, step: 0 });
      } else if (name.startsWith("size")) {
        const size = this.state.size.with(side, Number(value));
        if (!/^\d+$/.test(value) || size[side] < 1 || size[side] > SIDE) {
          this.update({ wrongSize: true });
        } else this.resize(size);
      } else {
        const key = name.slice(0, -2);
        this.update({ [key]: this.state[key].with(side, value), step: 0 });
      }
    }

    // What fits stays; new cells are zero.
    resize([rows, columns]) {
      const { size, cells } = this.state;
      const kept = Array.from({ length: rows * columns }, (_, index) => {
        const [row, column] = [Math.floor(index / columns), index % columns];
        return row < size[0] && column < size[1] ? cells[row * size[1] + column] : "0";
      });
      this.find(".hint").textContent = "";
      this.update({ size: [rows, columns], cells: kept, step: 0, wrongSize: false });
    }

    onClick(target) {
      const { cells, size, step } = this.state;
      const output = target.closest(".output .cell");
      if (output) return this.update({ step: Number(output.dataset.index) });
      const button = target.closest("button");
      if (!button) return undefined;
      if (button.dataset.state) {
        this.load(button.dataset.state);
        return this.remember();
      }
      const filled = (make) => this.update({ cells: cells.map(make), wrongSize: false });
      switch (button.name) {
        case "random":
          return filled(() => String(Math.floor(Math.random() * 19) - 9));
        case "clear":
          return filled(() => "0");
        case "move": // what leaves on the right comes back in on the left
          return filled((_, index) => cells[index - (index % size[1]) + ((index + size[1] - 1) % size[1])]);
        default: {
          const count = this.result?.windows.length ?? 1;
          return this.update({ step: (step + (button.name === "next" ? 1 : count - 1)) % count });
        }
      }
    }

    onFocus(target) {
      if (!target.closest(".input")) return;
      this.cell = Number(target.dataset.index);
      this.rove(".input input", this.cell);
      target.select();
    }

    onKey(event) {
      // The theme and Sphinx listen for single keys in the whole page; typing here is not for them.
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      const cell = event.target.closest(".input input, .output .cell");
      if (!cell || event.altKey || event.metaKey || event.shiftKey) return;
      const input = cell.matches("input");
      if (input && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key) && !event.ctrlKey) {
        // Within the text these keys move the caret, and only leave the cell at its ends.
        const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
        const back = ["ArrowLeft", "Home"].includes(event.key);
        const caret = cell.selectionStart === cell.selectionEnd ? cell.selectionStart : -1;
        if (!whole && caret !== (back ? 0 : cell.value.length)) return;
      }
      const [rows, columns] = input
        ? this.state.size : [this.result.rows.count, this.result.columns.count];
      const index = Number(cell.dataset.index);
      const [row, column] = [Math.floor(index / columns), index % columns];
      const all = event.ctrlKey;
      const next = {
        ArrowLeft: [row, Math.max(column - 1, 0)],
        ArrowRight: [row, Math.min(column + 1, columns - 1)],
        ArrowUp: [Math.max(row - 1, 0), column],
        ArrowDown: [Math.min(row + 1, rows - 1), column],
        Home: [all ? 0 : row, 0],
        End: [all ? rows - 1 : row, columns - 1],
      }[event.key];
      if (!next) return;
      event.preventDefault();
      const to = next[0] * columns + next[1];
      if (!input) this.update({ step: to });
      this.find(`${input ? ".input input" : ".output .cell"}[data-index="${to}"]`).focus();
    }

    // Only one element of a grid is a Tab stop; arrows lead to the others.
    rove(selector, chosen) {
      for (const element of this.shadowRoot.querySelectorAll(selector)) {
        element.tabIndex = Number(element.dataset.index) === chosen ? 0 : -1;
      }
    }

    render() {
      const { state } = this;
      const { operation, padding, size } = state;
      const wrong = fault(state);
      this.result = null;
      this.image = null;
      if (!wrong) {
        const numbers = state.cells.map(typedNumber);
        this.image = Array.from({ length: size[0] }, (_, row) =>
          numbers.slice(row * size[1], (row + 1) * size[1]));
        this.result = Pooling.pool(this.image, {
          operation, padding, window: state.window.map(Number), stride: state.stride.map(Number),
        });
        if (state.step >= this.result.windows.length) state.step = 0;
      }
      this.renderControls();
      this.renderInput();
      this.renderOutput();
      this.renderWords(wrong);
    }

    renderControls() {
      const { state } = this;
      const whole = Boolean(Pooling.OPERATIONS[state.operation].whole);
      const set = (name, value) => {
        const control = this.find(`[name="${name}"]`);
        if (control.value !== value) control.value = value;
      };
      set("operation", state.operation);
      set("padding", state.padding);
      for (const side of [0, 1]) {
        set(`window-${side}`, state.window[side]);
        set(`stride-${side}`, state.stride[side]);
        if (!state.wrongSize) set(`size-${side}`, String(state.size[side]));
      }
      this.find(".window").disabled = whole;
      this.find(".stride").disabled = whole;
      this.find("[name=padding]").disabled = whole;
      const now = write({ ...state, step: 0 });
      for (const button of this.shadowRoot.querySelectorAll(".examples button")) {
        button.setAttribute("aria-pressed", String(button.dataset.state === now));
      }
    }

    // Cells are made anew only when their number or place changes: the one with the focus stays.
    renderInput() {
      const { size, cells, step } = this.state;
      const grid = this.find(".input");
      const { rows, columns } = this.result ?? {};
      const pads = [rows?.before ?? 0, rows?.after ?? 0, columns?.before ?? 0, columns?.after ?? 0];
      const [above, below, left, right] = pads;
      if (grid.dataset.form !== String([size, pads])) {
        grid.dataset.form = String([size, pads]);
        grid.replaceChildren();
        grid.setAttribute("aria-label", `Input, ${several(size[0], "row")}, ${several(size[1], "column")}`);
        for (let row = -above; row < size[0] + below; row += 1) {
          const line = make("div", { role: "row" });
          for (let column = -left; column < size[1] + right; column += 1) {
            const area = `${row + above + 1} / ${column + left + 1}`;
            const inside = row >= 0 && row < size[0] && column >= 0 && column < size[1];
            const box = inside
              ? make("div", { class: "cell", role: "gridcell" })
              : make("div", { class: "cell outside", "aria-hidden": "true" });
            box.style.gridArea = area;
            // Not inputmode=decimal: the keypad of some phones has no minus sign.
            if (inside) {
              box.append(make("input", {
                type: "text", maxlength: "12", autocomplete: "off", "data-index": row * size[1] + column,
                "aria-label": `Input row ${row}, column ${column}`,
              }));
            }
            (inside ? line : grid).append(box);
          }
          if (line.children.length) grid.append(line);
        }
        grid.append(make("div", { class: "frame", "aria-hidden": "true" }));
        if (this.cell >= cells.length) this.cell = 0;
        this.rove(".input input", this.cell);
      }
      const current = this.result?.windows[step];
      const extreme = ["max", "min", "global-max"].includes(this.state.operation);
      for (const input of grid.querySelectorAll("input")) {
        const index = Number(input.dataset.index);
        const text = cells[index];
        if (input.value !== text) input.value = text;
        const number = typedNumber(text);
        input.setAttribute("aria-invalid", String(number === null || Math.abs(number) > LARGEST));
        const place = { row: Math.floor(index / size[1]), column: index % size[1] };
        const used = current?.cells.some((c) => c.row === place.row && c.column === place.column);
        const { classList } = input.parentElement;
        classList.toggle("in", Boolean(used));
        classList.toggle("counts", Boolean(used && extreme && number === current.value));
        classList.toggle("long", text.length > 4);
      }
      const frame = grid.querySelector(".frame");
      frame.hidden = !current;
      if (current) {
        const [height, width] = this.result.window;
        frame.style.gridArea =
          `${current.top + above + 1} / ${current.left + left + 1} / span ${height} / span ${width}`;
        this.bringIntoView(frame);
      }
    }

    renderOutput() {
      const grid = this.find(".output");
      const rows = this.result?.rows.count ?? 0;
      const columns = this.result?.columns.count ?? 0;
      if (grid.dataset.form !== String([rows, columns])) {
        grid.dataset.form = String([rows, columns]);
        grid.replaceChildren();
        for (let row = 0; row < rows; row += 1) {
          const line = make("div", { role: "row" });
          for (let column = 0; column < columns; column += 1) {
            const box = make("div", {
              class: "cell", role: "gridcell", "data-index": row * columns + column,
            });
            box.style.gridArea = `${row + 1} / ${column + 1}`;
            line.append(box);
          }
          grid.append(line);
        }
        if (rows) grid.append(make("div", { class: "frame", "aria-hidden": "true" }));
        grid.setAttribute("aria-label", `Output, ${several(rows, "row")}, ${several(columns, "column")}`);
      }
      // Without an output there is no grid either: an empty one would be announced.
      grid.closest(".scroll").parentElement.hidden = !rows;
      this.find(".arrow").hidden = !rows;
      if (!rows) return;
      for (const box of grid.querySelectorAll(".cell")) {
        const index = Number(box.dataset.index);
        const { value, row, column } = this.result.windows[index];
        const text = short(value);
        box.textContent = text;
        box.dataset.value = String(value);
        box.setAttribute("aria-label", `Output row ${row}, column ${column}: ${text}`);
        box.setAttribute("aria-selected", String(index === this.state.step));
        box.classList.toggle("in", index === this.state.step);
        box.classList.toggle("long", text.length > 4);
      }
      const { row, column } = this.result.windows[this.state.step];
      const frame = grid.querySelector(".frame");
      frame.style.gridArea = `${row + 1} / ${column + 1}`;
      this.rove(".output .cell", this.state.step);
      this.bringIntoView(frame);
    }

    // Scroll the grid's own box sideways, never the page.
    bringIntoView(frame) {
      const box = frame.closest(".scroll");
      const [inner, outer] = [frame.getBoundingClientRect(), box.getBoundingClientRect()];
      if (inner.left < outer.left) box.scrollLeft -= outer.left - inner.left;
      else if (inner.right > outer.right) box.scrollLeft += inner.right - outer.right;
    }

    renderWords(wrong) {
      const { state, result } = this;
      const status = this.find(".result");
      status.classList.toggle("fault", Boolean(wrong));
      for (const part of [".sizes", ".lines"]) this.find(part).hidden = Boolean(wrong);
      for (const name of ["previous", "next"]) {
        this.find(`[name=${name}]`).disabled = !result || result.windows.length < 2;
      }
      this.find(".link a").href = PREFIX + write(state);
      const { operation, padding, step, size } = state;
      const name = this.find("[name=operation]").selectedOptions[0].textContent;
      const whole = Pooling.OPERATIONS[operation].whole;
      this.find(".paper").textContent = whole ? `Operation: ${name}` :
        `Operation: ${name}; window ${state.window.join(" × ")}; stride ${state.stride.join(" × ")}; ${padding}`;
      if (wrong) {
        status.textContent = `No result. ${wrong}`;
        return;
      }
      const { row, column, cells, value } = result.windows[step];
      const values = cells.map((cell) => cell.value);
      const outside = result.window[0] * result.window[1] - cells.length;
      const times = values.filter((v) => v === value).length;
      const sentences = [
        `Window ${step + 1} of ${result.windows.length}, output row ${row}, column ${column}: ` +
          `${calculation(operation, values, value)}.`,
      ];
      if (outside) {
        sentences.push(`${several(outside, "cell")} of the window ${outside === 1 ? "lies" : "lie"} ` +
          `outside and ${outside === 1 ? "is" : "are"} ignored.`);
      }
      if (times > 1 && ["max", "min", "global-max"].includes(operation)) {
        sentences.push(`${short(value)} stands in ${times} of the cells; the output does not say in which.`);
      }
      status.textContent = sentences.join(" ");

      const items = [`Output: ${result.rows.count} × ${result.columns.count}.`];
      if (whole) items.push("Global: one window, as large as the input.");
      else {
        const { window: k, stride: s, rows, columns } = result;
        items.push(
          sizeSentence("Rows", ["above", "below"], size[0], k[0], s[0], padding, rows),
          sizeSentence("Columns", ["on the left", "on the right"], size[1], k[1], s[1], padding, columns),
        );
        if (rows.added + columns.added) {
          items.push("Added cells (hatched) are ignored: they have no value, and an average divides " +
            "by the number of cells inside.");
        }
        for (const [word, lost] of [
          ["row", Pooling.unread(size[0], k[0], s[0], rows)],
          ["column", Pooling.unread(size[1], k[1], s[1], columns)],
        ]) {
          if (lost.length) {
            items.push(`No window reads ${word}${lost.length > 1 ? "s" : ""} ${lost.join(", ")}.`);
          }
        }
      }
      this.find(".sizes").replaceChildren(...items.map((text) => make("li", {}, text)));
      this.find(".numpy").textContent = PythonLines.numpy(this.image, operation, result);
      this.find(".keras").textContent = PythonLines.keras(this.image, operation, result);
    }
  }

  customElements.define("pooling-playground", PoolingPlayground);
})();
