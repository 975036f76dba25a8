// What of the diagrams is seen, and how large: layout, zoom and pan, the same for all of them.

const LARGEST_SCALE = 1.6; // of a diagram that fits
const MOST_SCALE = 3; // of one that is zoomed
const READABLE = 0.3; // below, a page begins with a part of the diagram
const FIRST_SCALE = 0.75; // of that part
const NARROW = 700; // pixels: below, the page scrolls along the diagram

class View {
  constructor(pictures) {
    this.pictures = pictures;
    this.diagrams = [];
    this.zoom = 1;
    this.centre = null; // in the coordinates of the layout; null while all is seen
    this.pointers = new Map();
    pictures.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    pictures.addEventListener("pointerdown", (event) => this.press(event));
    pictures.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      pictures.addEventListener(end, (event) => this.release(event));
    }
    // a drag is no click on the box where it ends
    pictures.addEventListener("click", (event) => {
      if (this.dragged) event.stopPropagation();
    }, { capture: true });
    addEventListener("resize", () => this.begin());
  }

  setDiagrams(diagrams) {
    this.diagrams = diagrams;
    this.pictures.replaceChildren(...diagrams.map((diagram) => diagram.figure));
    this.begin();
  }

  // Show everything, or the root and what is near it if the boxes would be too small.
  begin() {
    this.fit();
    if (this.scale >= READABLE) return;
    const [diagram] = this.diagrams;
    const { x, y } = diagram.boxes.at(-1);
    this.zoomBy(FIRST_SCALE / this.scale);
    const [, , w, h] = diagram.frame;
    const shift = diagram.layout === "wide" ? [0.4 * (diagram.svg.clientWidth / FIRST_SCALE), 0] : [0, 0.4 * (diagram.svg.clientHeight / FIRST_SCALE)];
    this.centre = [x - Math.min(shift[0], w), y - Math.min(shift[1], h)];
    this.panBy(0, 0);
  }

  // Choose the layout in which the boxes are largest, and show all of it.
  fit() {
    const { views } = this.diagrams[0].graph;
    const width = this.pictures.clientWidth;
    const narrow = width < NARROW;
    const height = narrow ? 3 * innerHeight : Math.max(260, 0.5 * innerHeight);
    const count = this.diagrams.length;
    const scales = ["wide", "narrow"].map((layout) => {
      const [, , w, h] = views[layout].frame;
      const beside = layout === "narrow" && !narrow ? count : 1; // columns
      const room = count > 1 && layout === "wide" ? height / 1.5 : height;
      return { layout, scale: Math.min(width / beside / w, room / h, LARGEST_SCALE), beside };
    });
    const best = this.best(scales, narrow);
    this.scale = best.scale;
    this.pictures.classList.toggle("columns", count > 1 && best.beside > 1);
    const most = height / count;
    const least = best.scale < READABLE ? Math.min(most, 0.6 * innerHeight) : narrow ? 0 : count > 1 ? 150 : 210;
    for (const diagram of this.diagrams) {
      diagram.arrange(best.layout);
      const natural = diagram.frame[3] * best.scale;
      diagram.svg.style.height = `${Math.max(natural, least)}px`;
    }
    this.zoom = 1;
    this.centre = null;
    this.apply();
  }

  best([wide, narrow], isNarrow) {
    if (Math.max(wide.scale, narrow.scale) < READABLE) return isNarrow ? narrow : wide;
    return narrow.scale > wide.scale ? narrow : wide;
  }

  apply() {
    for (const diagram of this.diagrams) {
      const [x, y, w, h] = diagram.frame;
      const [width, height] = [w / this.zoom, h / this.zoom];
      const [cx, cy] = this.centre ?? [x + w / 2, y + h / 2];
      diagram.svg.setAttribute("viewBox", [cx - width / 2, cy - height / 2, width, height].join(" "));
      diagram.svg.classList.toggle("zoomed", this.zoom > 1);
    }
  }

  // Zoom by a factor; the point [x, y] of the layout, if there is one, stays where it is.
  zoomBy(by, point) {
    const zoom = Math.min(Math.max(this.zoom * by, 1), Math.max(MOST_SCALE / this.scale, 2));
    const [x, y, w, h] = this.diagrams[0].frame;
    const centre = this.centre ?? [x + w / 2, y + h / 2];
    const share = this.zoom / zoom;
    const fixed = point ?? centre;
    this.zoom = zoom;
    this.centre = zoom === 1 ? null : fixed.map((place, i) => place + (centre[i] - place) * share);
    this.panBy(0, 0);
  }

  // Move what is seen, in units of the layout; its middle stays inside the diagram.
  panBy(dx, dy) {
    if (this.centre) {
      const [x, y, w, h] = this.diagrams[0].frame;
      this.centre = [
        Math.min(Math.max(this.centre[0] + dx, x), x + w),
        Math.min(Math.max(this.centre[1] + dy, y), y + h),
      ];
    }
    this.apply();
  }

  // Pan by a share of what is seen.
  panByShare(dx, dy) {
    const [, , w, h] = this.diagrams[0].frame;
    this.panBy((dx * w) / this.zoom, (dy * h) / this.zoom);
  }

  // Bring a box into view.
  reveal(index) {
    const [diagram] = this.diagrams;
    const { x, y, group } = diagram.boxes[index];
    const box = group.getBoundingClientRect();
    if (this.centre) {
      const seen = diagram.svg.getBoundingClientRect();
      const inside = box.left >= seen.left && box.right <= seen.right && box.top >= seen.top && box.bottom <= seen.bottom;
      if (!inside) {
        this.centre = [x, y];
        this.panBy(0, 0);
      }
      return;
    }
    // on a narrow screen the diagram is longer than the screen, and the steps stand on its end
    if (this.pictures.clientWidth >= NARROW) return;
    const bottom = byId("walk").getBoundingClientRect().top - 12;
    if (box.bottom > bottom) scrollBy({ top: box.bottom - bottom, behavior: "instant" });
    else if (box.top < 12) scrollBy({ top: box.top - 12, behavior: "instant" });
  }

  // ---------------------------------------------------------------- wheel and pointers

  pointAt(event) {
    const picture = event.target.closest?.("svg.diagram") ?? this.diagrams[0].svg;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    this.zoomBy(Math.exp(-event.deltaY / 300), this.pointAt(event));
  }

  press(event) {
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.pointers.size === 1) this.dragged = false;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (others.length) {
      const distance = ([x, y]) => Math.hypot(x - others[0][0], y - others[0][1]);
      this.dragged = true;
      this.zoomBy(distance(now) / Math.max(distance(before), 1), this.pointAt(event));
    } else {
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      if (!this.dragged && Math.hypot(dx, dy) < 4) return;
      this.dragged = true;
      const scale = this.diagrams[0].svg.getScreenCTM().a;
      this.panBy(-dx / scale, -dy / scale);
    }
    this.pointers.set(event.pointerId, now);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
  }
}
