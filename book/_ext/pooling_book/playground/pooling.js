// What the playground computes: windows, padding, operations. Nothing here knows the page, so the
// tests can compare it with Keras case by case.
//
// A classic script, not an ES module: browsers refuse modules on pages opened straight from the
// disk (file://), and the book is to work there too. It leaves one name behind, `Pooling`.
globalThis.Pooling = (() => {
  "use strict";

  const OPERATIONS = {
    max: { word: "max", summarise: (values) => Math.max(...values) },
    average: { word: "average", summarise: (values) => sum(values) / values.length },
    l2: { word: "L2", summarise: (values) => Math.sqrt(sum(values.map((v) => v * v))) },
    min: { word: "min", summarise: (values) => Math.min(...values) },
    "global-max": { word: "max", whole: true, summarise: (values) => Math.max(...values) },
    "global-average": {
      word: "average", whole: true, summarise: (values) => sum(values) / values.length,
    },
  };

  function sum(values) {
    return values.reduce((total, value) => total + value, 0);
  }

  // Rows and columns follow the same rule, so one direction is enough: the number of windows, and
  // the cells that `same` adds before and after the input.
  function direction(size, window, stride, padding) {
    if (padding === "same") {
      const count = Math.ceil(size / stride);
      const added = Math.max((count - 1) * stride + window - size, 0);
      const before = Math.floor(added / 2); // an odd remainder goes to the bottom and right
      return { count, added, before, after: added - before };
    }
    const count = Math.max(Math.floor((size - window) / stride) + 1, 0);
    return { count, added: 0, before: 0, after: 0 };
  }

  // Pool `image`, an array of rows of numbers. A global operation is one window over everything.
  // Each window lists the cells that lie inside the input: cells outside are never looked at, which
  // is how Keras treats them, so they need no value.
  function pool(image, { operation, window, stride, padding }) {
    const { summarise, whole } = OPERATIONS[operation];
    const size = [image.length, image[0].length];
    if (whole) [window, stride, padding] = [size, size, "valid"];
    const [rows, columns] = [0, 1].map((k) => direction(size[k], window[k], stride[k], padding));
    const windows = [];
    for (let i = 0; i < rows.count; i += 1) {
      for (let j = 0; j < columns.count; j += 1) {
        const top = i * stride[0] - rows.before;
        const left = j * stride[1] - columns.before;
        const cells = [];
        for (let row = Math.max(top, 0); row < Math.min(top + window[0], size[0]); row += 1) {
          for (let column = Math.max(left, 0); column < Math.min(left + window[1], size[1]); column += 1) {
            cells.push({ row, column, value: image[row][column] });
          }
        }
        const value = summarise(cells.map((cell) => cell.value));
        windows.push({ row: i, column: j, top, left, cells, value });
      }
    }
    return { rows, columns, window, stride, padding, windows };
  }

  // Rows (or columns) of the input that lie in no window.
  function unread(size, window, stride, { count, before }) {
    const left = new Set(Array(size).keys());
    for (let i = 0; i < count; i += 1) {
      for (let k = 0; k < window; k += 1) left.delete(i * stride - before + k);
    }
    return [...left];
  }

  return { OPERATIONS, direction, pool, unread };
})();
