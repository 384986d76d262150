/* <pooling-picture>: the picture of shrinkage with sliders. No library.

   The data are the JSON that the cell printed (partial_pooling/figures/pooling_picture.py); the formulas are those of
   partial_pooling/pool.py. tests/test_interactive.py compares every number with Python's. */
"use strict";

const TIMES = [1, 2, 4, 8, 16, 32];
const ROW = 24, TOP = 34, FOOT = 46;
const COLOURS = { own: "#d55e00", complete: "#009e73", partial: "#0072b2", grey: "#767676", ink: "#222832" };

const sum = (values) => values.reduce((total, value) => total + value, 0);
const signed = (value, decimals = 2) => value.toFixed(decimals).replace("-", "\u2212");
const clip = (value, [low, high]) => Math.min(Math.max(value, low), high);

function pool(groups, tau, sigma, times) {
  const precision = groups.map((group) => 1 / (tau ** 2 + sigma ** 2 / (group.information * times)));
  const average = sum(groups.map((group, i) => precision[i] * group.own)) / sum(precision);
  const weight = precision.map((value) => tau ** 2 * value);
  return { precision, average, weight, partial: groups.map((group, i) => average + weight[i] * (group.own - average)) };
}

function restrictedLoglik(data, tau, sigma) {
  const { precision, average } = pool(data.groups, tau, sigma, 1);
  const between = sum(precision.map(Math.log)) - Math.log(sum(precision))
    - sum(data.groups.map((group, i) => precision[i] * (group.own - average) ** 2));
  return (between - data.df * Math.log(sigma ** 2) - data.rss / sigma ** 2) / 2;
}

const STYLE = `
  pooling-picture { display: block; max-width: 40rem; margin: 0 auto; text-align: left; }
  pooling-picture .sliders { display: grid; grid-template-columns: 1fr; gap: 0.35rem; margin-bottom: 0.5rem; }
  pooling-picture .sliders label { display: grid; grid-template-columns: 1fr auto; column-gap: 1rem; font-size: 0.9em; }
  pooling-picture input { grid-column: 1 / -1; width: 100%; min-height: 1.6rem; accent-color: ${COLOURS.partial}; }
  pooling-picture .value { font-variant-numeric: tabular-nums; font-weight: 600; }
  pooling-picture button { justify-self: start; padding: 0.25rem 0.75rem; font: inherit; font-size: 0.9em; cursor: pointer;
    color: inherit; background: none; border: 1px solid currentColor; border-radius: 0.25rem; }
  pooling-picture :is(input, button, summary):focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
  pooling-picture svg { display: block; width: 100%; height: auto; background: #fff; font: 13px sans-serif; }
  html[data-theme="dark"] pooling-picture svg { filter: invert(0.93) hue-rotate(180deg); }
  pooling-picture .says { min-height: 4.5em; margin: 0.5rem 0; font-size: 0.9em; }
  pooling-picture details { overflow-x: auto; }
`;

class PoolingPicture extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    const data = this.data = JSON.parse(this.querySelector("script").textContent);
    data.groups = data.groups.map(([name, size, own, information]) => ({ name, size, own, information }));
    data.at = data.shown.map((name) => data.groups.findIndex((group) => group.name === name));
    const table = this.querySelector("table").cloneNode(true);
    this.innerHTML = `<style>${STYLE}</style>
      <div class="sliders">
        ${slider("tau", `tau: how much ${data.unit}s differ`, 0, 1.5, 0.01, data.tau)}
        ${slider("sigma", `sigma: how much ${data.of_size} of a ${data.unit} scatter`, 0.05, 1, 0.01, data.sigma)}
        ${slider("times", `${data.of_size} a ${data.unit}, times`, 0, TIMES.length - 1, 1, 0)}
        <button type="button">Back to the estimates</button>
      </div>
      <svg></svg>
      <p class="says" role="status"></p>
      <details><summary>The numbers</summary></details>`;
    this.querySelector("details").append(table);
    this.sliders = Object.fromEntries([...this.querySelectorAll("input")].map((input) => [input.name, input]));
    for (const input of Object.values(this.sliders)) input.addEventListener("input", () => this.update());
    this.querySelector("button").addEventListener("click", () => {
      for (const [name, value] of [["tau", data.tau], ["sigma", data.sigma], ["times", 0]]) this.sliders[name].value = value;
      this.update();
    });
    new ResizeObserver(([{ contentRect }]) => { // tells the width; asking for it would lay out the page at once
      this.width = contentRect.width;
      this.update();
    }).observe(this);
    this.update();
  }

  update() {
    const { data, sliders } = this;
    const tau = +sliders.tau.value, sigma = +sliders.sigma.value, times = TIMES[+sliders.times.value];
    const now = pool(data.groups, tau, sigma, times);
    const shown = { tau: tau.toFixed(2), sigma: sigma.toFixed(2), times: String(times) };
    for (const [name, text] of Object.entries(shown)) {
      sliders[name].parentElement.querySelector(".value").textContent = text;
      sliders[name].setAttribute("aria-valuetext", name === "times" ? `${text} times` : text);
    }
    this.querySelector("svg").outerHTML = this.draw(now, pool(data.groups, 0, sigma, times).average);
    const rows = this.querySelectorAll("tbody tr");
    data.at.forEach((index, row) => {
      const group = data.groups[index];
      const cells = [(group.size * times).toLocaleString("en-US"), signed(group.own),
        signed(sigma / Math.sqrt(group.information * times)), signed(now.weight[index]), signed(now.partial[index])];
      cells.forEach((text, column) => { rows[row].children[column + 1].textContent = text; });
    });
    let text = `tau ${shown.tau}, sigma ${shown.sigma}, ${data.of_size} times ${times}: average ${signed(now.average)}, `
      + `mean weight of a ${data.unit}'s own data ${signed(sum(now.weight) / now.weight.length)}.`;
    if (times === 1) {
      const below = data.best - restrictedLoglik(data, tau, sigma);
      text += ` Restricted log-likelihood ${below.toFixed(1)} below its highest.`;
    }
    const says = this.querySelector(".says");
    clearTimeout(this.timer); // a screen reader is told once the slider rests, and not again when the window changes
    this.timer = setTimeout(() => { if (says.textContent !== text) says.textContent = text; }, 200);
  }

  draw(now, complete) {
    const { data } = this;
    const width = clip(this.width || 640, [300, 640]), left = 108, right = width - 46;
    const height = TOP + ROW * data.at.length + FOOT, bottom = height - FOOT;
    const x = (value) => left + (clip(value, data.span) - data.span[0]) / (data.span[1] - data.span[0]) * (right - left);
    const ticks = [];
    for (let tick = Math.ceil(data.span[0]); tick <= data.span[1]; tick += width < 400 ? 3 : 1) ticks.push(tick);
    const key = [["own", "own", 0.04], ["complete", "complete pooling", 0.27], ["partial", "partial", 0.74]];
    const legend = key.map(([kind, name, at]) =>
      `${mark(kind, at * width, 14)}<text x="${at * width + 12}" y="18" fill="${COLOURS.ink}">${name}</text>`).join("");
    const rows = data.at.map((index, row) => {
      const group = data.groups[index], y = TOP + ROW * (row + 0.5), own = x(group.own), partial = x(now.partial[index]);
      const beyond = group.own === clip(group.own, data.span) ? "" : `<text x="${own + 8}" y="${y + 4}" fill="${COLOURS.own}">${signed(group.own)}</text>`;
      return `<text x="0" y="${y + 4}" fill="${COLOURS.ink}">${group.name}, ${group.size} ${data.of_size}</text>
        <line x1="${own}" x2="${partial}" y1="${y}" y2="${y}" stroke="${COLOURS.grey}"/>
        ${mark("own", own, y)}${mark("partial", partial, y)}${beyond}`;
    }).join("");
    return `<svg role="img" viewBox="0 0 ${width} ${height}"
        aria-label="Own, average and partially pooled coefficients; the table below has the numbers.">
      ${legend}
      ${ticks.map((tick) => `<line x1="${x(tick)}" x2="${x(tick)}" y1="${bottom}" y2="${bottom + 5}" stroke="${COLOURS.ink}"/>
        <text x="${x(tick)}" y="${bottom + 19}" text-anchor="middle" fill="${COLOURS.ink}">${signed(tick, 0)}</text>`).join("")}
      <line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${COLOURS.ink}"/>
      <text x="${(left + right) / 2}" y="${bottom + 38}" text-anchor="middle" fill="${COLOURS.ink}">price coefficient</text>
      <line x1="${x(complete)}" x2="${x(complete)}" y1="${TOP}" y2="${bottom}" stroke="${COLOURS.complete}" stroke-width="2" stroke-dasharray="6 4"/>
      <line x1="${x(now.average)}" x2="${x(now.average)}" y1="${TOP}" y2="${bottom}" stroke="${COLOURS.partial}"/>
      ${rows}</svg>`;
  }
}

function slider(name, label, min, max, step, value) {
  return `<label><span>${label}</span><span class="value" aria-hidden="true"></span>
    <input type="range" name="${name}" min="${min}" max="${max}" step="${step}" value="${value}"></label>`;
}

function mark(kind, x, y) {
  if (kind === "own") return `<circle cx="${x}" cy="${y}" r="4.5" fill="#fff" stroke="${COLOURS.own}" stroke-width="1.5"/>`;
  if (kind === "complete") return `<line x1="${x}" x2="${x}" y1="${y - 8}" y2="${y + 8}" stroke="${COLOURS.complete}" stroke-width="2" stroke-dasharray="5 3"/>`;
  return `<path d="M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z" fill="${COLOURS.partial}"/>`;
}

customElements.define("pooling-picture", PoolingPicture);
