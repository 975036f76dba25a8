// Numbers and formulas as people read them.

const MINUS = "\u2212";

// As `autograd.formatting.significant` writes them, with a real minus; 0 is just 0.
function significant(number, digits = 4) {
  if (Number.isNaN(number)) return "nan";
  const sign = number < 0 ? MINUS : "";
  const size = Math.abs(number);
  if (size === Infinity) return sign + "inf";
  if (size === 0) return "0";
  const [mantissa, written] = size.toExponential(digits - 1).split("e");
  const exponent = Number(written);
  if (exponent >= -4 && exponent < digits) return sign + size.toFixed(digits - 1 - exponent);
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${sign}${mantissa}e${exponent < 0 ? MINUS : "+"}${power}`;
}

// A number in full, as JavaScript and Python read it again.
function exact(number) {
  if (Number.isNaN(number)) return "nan";
  if (Math.abs(number) === Infinity) return number > 0 ? "inf" : "-inf";
  return Object.is(number, -0) ? "-0.0" : String(number);
}

// What `exact` or a student wrote, as a number; undefined if it is none.
function numberIn(text) {
  const written = text.trim().replaceAll(MINUS, "-").replace(",", ".").toLowerCase();
  const special = { nan: NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity };
  if (written in special) return special[written];
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(written)) return undefined;
  return Number(written);
}

const isPlainName = /^[\p{L}\p{N}_.'′]+$/u;

// dE/dw1, or ∂z/∂x for a local derivative; a name with anything else in it gets brackets.
function derivative(above, below, sign = "d") {
  const [over, under] = [above, below].map((each) => (isPlainName.test(each) ? each : `(${each})`));
  return `${sign}${over}/${sign}${under}`;
}

// Formulas come with a character of private use for each operand and one for the result.
const OUT = 0xe0ff;
const FIRST_OPERAND = 0xe100;
const PLACE = /[\uE0FF-\uF8FF]/g;

// Put names into a formula; `written(slot)` is called with the slot, or "out".
function filled(formula, written) {
  return formula.replace(PLACE, (place) => {
    const code = place.charCodeAt(0);
    return written(code === OUT ? "out" : code - FIRST_OPERAND);
  });
}

// Put numbers into a formula; one with a sign gets brackets where it would be misread.
function filledWithNumbers(formula, number) {
  return formula.replace(PLACE, (place, at) => {
    const code = place.charCodeAt(0);
    const written = significant(number(code === OUT ? "out" : code - FIRST_OPERAND));
    const before = formula.slice(0, at);
    const after = formula[at + 1] ?? "";
    const isPower = /[\^⁰¹²³⁴-⁹⁻]/.test(after);
    const isClear = /(^|[(|]|, |[a-z] )$/.test(before) && !isPower;
    if (isClear || !(written.startsWith(MINUS) || (isPower && written.includes("e")))) return written;
    return `(${written})`;
  });
}

// A factor of a product: a number with a sign gets brackets.
function factor(number) {
  const written = significant(number);
  return written.startsWith(MINUS) ? `(${written})` : written;
}

// A formula that is a factor: a sum or a choice gets brackets.
function bracketed(formula) {
  return / [+−]| if |^−/.test(outside(formula)) ? `(${formula})` : formula;
}

// What of a formula stands outside all brackets.
function outside(formula) {
  let depth = 0;
  let left = "";
  for (const character of formula) {
    if (character === ")") depth -= 1;
    if (depth === 0) left += character;
    if (character === "(") depth += 1;
  }
  return left;
}

// "x", "x and y", "x, y and z"; of many the first few.
function listed(names, most = 6) {
  const unique = [...new Set(names)];
  if (unique.length > most) return `${unique.slice(0, most).join(", ")} and ${unique.length - most} others`;
  if (unique.length < 2) return unique.join("");
  return `${unique.slice(0, -1).join(", ")} and ${unique.at(-1)}`;
}

// ---------------------------------------------------------------- elements

const SVG = "http://www.w3.org/2000/svg";

function element(made, attributes, parts) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...parts); // a string becomes a text, whatever is in it
  return made;
}

function html(tag, attributes = {}, ...parts) {
  return element(document.createElement(tag), attributes, parts);
}

function svg(tag, attributes = {}, ...parts) {
  return element(document.createElementNS(SVG, tag), attributes, parts);
}

function byId(id) {
  return document.getElementById(id);
}
