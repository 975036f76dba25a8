// How large a gradient is, as a colour and as the width of an arrow: log10 of its magnitude.
//
// Colours and widths are those of the diagrams that Python draws; they come with the page.

class GradientScale {
  constructor(palette) {
    this.palette = palette;
    this.colours = palette.colours.match(/.{6}/g).map((colour) => `#${colour}`);
    this.reset();
  }

  reset() {
    this.low = Infinity;
    this.high = -Infinity;
  }

  // Make room for gradients.  The scale never shrinks while a leaf is dragged, so that a colour
  // keeps its meaning.
  include(gradients) {
    for (const gradient of gradients) {
      const size = Math.abs(gradient);
      if (size === 0 || !Number.isFinite(size)) continue;
      this.low = Math.min(this.low, Math.floor(Math.log10(size)));
      this.high = Math.max(this.high, Math.ceil(Math.log10(size)));
    }
  }

  get decades() {
    if (this.low > this.high) return [-1, 0];
    return this.low < this.high ? [this.low, this.high] : [this.high - 1, this.high];
  }

  // 0 to 1
  position(gradient) {
    const [low, high] = this.decades;
    const share = (Math.log10(Math.abs(gradient)) - low) / (high - low);
    return Math.min(Math.max(share, 0), 1);
  }

  // The colour of a gradient, and the ink that can be read on it.
  paint(gradient) {
    if (gradient === 0) return this.palette.zero;
    if (!Number.isFinite(gradient)) return this.palette.notFinite;
    const index = Math.round(this.position(gradient) * (this.colours.length - 1));
    return [this.colours[index], index >= this.palette.blackFrom ? "#000000" : "#ffffff"];
  }

  width(gradient) {
    const [thinnest, thickest] = this.palette.widths;
    if (gradient === null || gradient === 0 || Number.isNaN(gradient)) return thinnest;
    if (!Number.isFinite(gradient)) return thickest;
    return thinnest + (thickest - thinnest) * this.position(gradient);
  }
}

// A decade in few characters: 0.01, 1, 1e−07.
function decade(exponent) {
  if (Math.abs(exponent) <= 3) return String(Number(`1e${exponent}`));
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `1e${exponent < 0 ? MINUS : "+"}${power}`;
}

// The scale itself, from the smallest gradient to the largest, over lines of its widths.
function legend(scale) {
  const [low, high] = scale.decades;
  const [width, height] = [320, 14];
  const parts = scale.colours.filter((_, index) => index % 4 === 0).map((colour, index, all) =>
    svg("rect", {
      x: (index * width) / all.length, y: 0, width: width / all.length + 0.5, height, fill: colour,
    }));
  const each = Math.max(1, Math.ceil((high - low) / 4));
  for (let exponent = low; exponent <= high; exponent += each) {
    const x = ((exponent - low) / (high - low)) * width;
    const anchor = exponent === low ? "start" : exponent === high ? "end" : "middle";
    parts.push(svg("text", { x, y: height + 15, "text-anchor": anchor }, decade(exponent)));
    const start = Math.min(Math.max(x - 16, 0), width - 32);
    const stroke = scale.width(Number(`1e${exponent}`));
    parts.push(svg("line", {
      x1: start, x2: start + 32, y1: height + 24, y2: height + 24, "stroke-width": stroke,
    }));
  }
  const described = `colours and arrow widths from ${decade(low)} to ${decade(high)}, logarithmic`;
  return svg("svg", { viewBox: `0 0 ${width} ${height + 28}`, role: "img", "aria-label": described }, ...parts);
}
