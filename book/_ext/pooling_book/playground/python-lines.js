// Python that reproduces what the playground shows: once in NumPy, once in Keras. The tests run
// these lines and compare. Leaves one name behind, `PythonLines`.
globalThis.PythonLines = (() => {
  "use strict";

  const pair = (numbers) => `(${numbers.join(", ")})`;

  function array(image) {
    const rows = image.map((row) => `[${row.join(", ")}]`);
    const oneLine = `x = np.array([${rows.join(", ")}], dtype="float32")`;
    if (oneLine.length <= 72) return oneLine;
    return `x = np.array([\n${rows.map((row) => `    ${row},\n`).join("")}], dtype="float32")`;
  }

  const pads = ({ rows, columns }) =>
    `(${pair([rows.before, rows.after])}, ${pair([columns.before, columns.after])})`;

  // `result` is what `Pooling.pool` returned for `image` and `operation`.
  function numpy(image, operation, result) {
    const lines = ["import numpy as np", "", array(image)];
    if (operation === "global-max") lines.push("y = x.max(keepdims=True)");
    else if (operation === "global-average") lines.push("y = x.mean(keepdims=True)");
    else {
      const padded = result.rows.added + result.columns.added > 0;
      if (padded) {
        lines.push(
          "# Outside there is no number: NaN, which np.nan... skips.",
          `x = np.pad(x, ${pads(result)}, constant_values=np.nan)`,
        );
      }
      const [down, right] = result.stride;
      lines.push(
        `windows = np.lib.stride_tricks.sliding_window_view(x, ${pair(result.window)})`,
        `windows = windows[::${down}, ::${right}]  # the stride`,
      );
      const nan = padded ? "nan" : "";
      lines.push({
        max: `y = np.${nan}max(windows, axis=(2, 3))`,
        min: `y = np.${nan}min(windows, axis=(2, 3))`,
        average: `y = np.${nan}mean(windows, axis=(2, 3))`,
        l2: `y = np.sqrt(np.${nan}sum(windows**2, axis=(2, 3)))`,
      }[operation]);
    }
    return [...lines, "print(y)"].join("\n");
  }

  function keras(image, operation, result) {
    const layer = {
      max: "MaxPooling2D", min: "MaxPooling2D", average: "AveragePooling2D",
      l2: "AveragePooling2D", "global-max": "GlobalMaxPooling2D",
      "global-average": "GlobalAveragePooling2D",
    }[operation];
    const lines = [
      "import numpy as np", `from keras.layers import ${layer}`, "", array(image),
    ];
    let padding = result.padding;
    let batch = "x[np.newaxis, :, :, np.newaxis]";
    if (operation === "min") batch = `-${batch}`;
    if (operation === "l2") {
      lines.push("squares = x**2");
      if (result.rows.added + result.columns.added > 0) {
        // `same` would divide each window by the cells it has inside, a number that differs at the
        // border. So pad by hand: in a sum, zeros are as good as nothing.
        lines.push(
          "# Keras has no L2 pooling. A sum may be padded with zeros, so the average is,",
          "# by hand: then every window has the same number of cells.",
          `squares = np.pad(squares, ${pads(result)})`,
        );
        padding = "valid";
      } else {
        lines.push("# Keras has no L2 pooling: average the squares, times the cells of a window.");
      }
      batch = "squares[np.newaxis, :, :, np.newaxis]";
    }
    const made = operation.startsWith("global")
      ? `${layer}(keepdims=True)`
      : `${layer}(${pair(result.window)}, strides=${pair(result.stride)}, padding="${padding}")`;
    lines.push(`layer = ${made}`, `y = np.asarray(layer(${batch}))[0, :, :, 0]`);
    if (operation === "min") lines.push("y = -y  # the smallest is minus the largest of the negated");
    if (operation === "l2") {
      const [height, width] = result.window;
      lines.push(`y = np.sqrt(${height} * ${width} * y)`);
    }
    return [...lines, "print(y)"].join("\n");
  }

  return { numpy, keras };
})();
