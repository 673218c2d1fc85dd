// Draws each chart from its own table, so that the two can never disagree and no data sits in a script. Without script
// the tables are there. Colours are far apart in lightness, patterns and marks tell them apart on grey paper.
const { echarts } = window;
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ink = token("--zl-ink-700");
const mute = token("--zl-ink-500");
const line = token("--zl-line");
const fontFamily = getComputedStyle(document.body).fontFamily;
const narrow = matchMedia("(max-width: 767.98px)");
const paper = matchMedia("print");
const BLUE = "#1a4b8c", PALE = "#b3cbe8", SAND = "#ecd195", BROWN = "#a06500", BLACK = "#1b2430";
const STRIPES = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: "rgba(255,255,255,.75)" };
const DOTS = { symbol: "circle", symbolSize: 0.6, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], color: "rgba(27,36,48,.6)" };

const read = (figure) => {
  const table = figure.querySelector("table");
  const text = (row) => [...row.cells].map((cell) => cell.textContent.trim());
  const head = text(table.tHead.rows[0]);
  const rows = [...table.tBodies[0].rows].map(text);
  const number = (word) => (word === "—" ? null : Number(word));
  return { head, names: rows.map((row) => row[0]), column: (i) => rows.map((row) => number(row[i])) };
};

const text = { fontFamily, fontSize: 12, color: ink };
const base = () => ({
  animation: false,
  textStyle: text,
  // richText: the tooltip is drawn on the canvas, so the content policy needs no exception for style attributes
  tooltip: { renderMode: "richText", confine: true, trigger: "axis", axisPointer: { type: "shadow" }, textStyle: text, borderColor: line },
  legend: { top: 2, left: 8, itemWidth: 14, itemHeight: 10, itemGap: 14, textStyle: text },
  grid: { left: 8, right: 34, top: 34, bottom: 6, containLabel: true },
});
const values = { type: "value", axisLabel: { color: mute }, splitLine: { lineStyle: { color: line } }, minInterval: 1 };
const names = (data) => ({ type: "category", data, inverse: true, axisTick: { show: false }, axisLine: { lineStyle: { color: mute } }, axisLabel: { color: ink, interval: 0 } });

// Labels only where a part is wide enough to hold one; the total stands at the end of the bar.
const stacked = (data, looks) => {
  const totals = data.names.map((_, n) => looks.reduce((sum, _look, i) => sum + data.column(i + 1)[n], 0));
  const least = Math.max(...totals) / 16;
  return {
    ...base(),
    xAxis: values,
    yAxis: names(data.names),
    legend: { ...base().legend, data: data.head.slice(1, looks.length + 1) },
    series: [
      ...looks.map(([color, label, decal], i) => ({
        name: data.head[i + 1], type: "bar", stack: "all", barMaxWidth: 18, data: data.column(i + 1),
        itemStyle: { color, decal, borderColor: "#fff", borderWidth: 1 },
        label: { show: true, fontSize: 12, color: label, ...(decal ? { backgroundColor: color, padding: [0, 3] } : {}), formatter: (p) => (p.value && p.value >= least ? p.value : "") },
      })),
      {
        name: "合计", type: "bar", stack: "all", barMaxWidth: 18, data: totals.map(() => 0), silent: true, tooltip: { show: false },
        label: { show: true, position: "right", color: ink, fontWeight: 600, fontSize: 12, formatter: (p) => totals[p.dataIndex] },
      },
    ],
  };
};

const LOOKS = [[BLUE, "circle", "solid"], ["#2a7f78", "rect", "dashed"], [BROWN, "triangle", "solid"]];

const trend = (data, figure, small) => {
  const target = Number(figure.dataset.zlTarget);
  const columns = LOOKS.slice(0, Number(figure.dataset.zlLines)).map((_, i) => data.column(i + 1));
  const known = columns.flat().filter((value) => value !== null);
  const low = Math.max(0, Math.floor((Math.min(target, ...known) - 1) / 10) * 10);
  // What ends at the same height is moved apart.
  const ends = columns.map((column, i) => ({ i, value: column.at(-1) })).filter((end) => end.value !== null).sort((a, b) => b.value - a.value);
  const step = (100 - low) / 9;
  const moved = {};
  ends.forEach((end, n) => {
    end.at = n ? Math.min(end.value, ends[n - 1].at - step) : end.value;
    moved[end.i] = ((end.value - end.at) / (100 - low)) * 170;
  });
  return {
    ...base(),
    tooltip: { ...base().tooltip, axisPointer: { type: "line" }, valueFormatter: (v) => (v === null || v === undefined ? "—" : `${v.toFixed(1)}%`) },
    legend: { ...base().legend, show: small, data: columns.map((_, i) => data.head[i + 1]) },
    grid: { left: 8, right: small ? 20 : 168, top: small ? 56 : 16, bottom: 6, containLabel: true },
    xAxis: {
      type: "category", data: data.names, boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: mute } },
      axisLabel: { color: mute, formatter: (v) => `${Number(v.slice(5))}月${v.endsWith("-01") || v === data.names[0] ? `\n${v.slice(0, 4)}` : ""}` },
    },
    yAxis: { ...values, min: low, max: 100, axisLabel: { color: mute, formatter: "{value}%" } },
    series: columns.map((column, i) => ({
      name: data.head[i + 1], type: "line", data: column, symbol: LOOKS[i][1], symbolSize: 8, showAllSymbol: true, connectNulls: false,
      lineStyle: { color: LOOKS[i][0], width: i === 2 ? 3 : 2, type: LOOKS[i][2] }, itemStyle: { color: LOOKS[i][0] },
      endLabel: { show: !small, color: LOOKS[i][0], fontSize: 13, fontWeight: 600, distance: 8, offset: [0, moved[i] ?? 0], formatter: (p) => (p.value === null ? "" : `${p.seriesName} ${Number(p.value).toFixed(1)}%`) },
      markLine: i ? undefined : { silent: true, symbol: "none", lineStyle: { color: mute, type: [6, 5], width: 1.5 }, label: { formatter: `目标 ${target}%`, position: "insideStartTop", color: mute, fontSize: 12 }, data: [{ yAxis: target }] },
    })),
  };
};

const kinds = {
  trend,
  ages: (data) => stacked(data, [["#dde8f4", ink], [PALE, ink], ["#3f74b3", "#fff"], ["#0f2f5c", "#fff"]]),
  platforms: (data) => stacked(data, [[BLUE, "#fff"], [PALE, ink, DOTS], [BROWN, "#fff", STRIPES], [BLACK, "#fff"]]),
  ontime: (data) => stacked(data, [[BLUE, "#fff"], [SAND, ink, DOTS]]),
  ranking: (data) => stacked(data, [[BLUE, "#fff"]]),
};

for (const button of document.querySelectorAll("[data-zl-table]")) {
  const figure = button.closest("figure");
  const plot = figure.querySelector(".zl-chart__plot, [data-zl-plot]");
  const table = figure.querySelector(".zl-chart__table");
  const kind = kinds[figure.dataset.zlChart];
  button.hidden = false;
  plot.hidden = false;
  table.hidden = true;
  let chart;
  if (kind) {
    const data = read(figure);
    chart = echarts.init(plot, null, { renderer: "canvas", devicePixelRatio: Math.max(2, devicePixelRatio) });
    const wide = figure.classList.contains("zl-chart--wide");
    // On paper the columns have a fixed width: 182 mm lie between the margins of A4 (css/dashboard.css).
    const sheet = { width: wide ? 660 : 316, height: kind === trend ? 140 : Math.min(210, Math.max(112, 56 + 15 * data.names.length)) };
    const draw = (size) => {
      chart.resize(size);
      chart.setOption(kind(data, figure, narrow.matches && !size), true);
    };
    const fit = () => draw(paper.matches ? sheet : undefined);
    fit();
    paper.addEventListener("change", fit);
    narrow.addEventListener("change", fit);
    addEventListener("beforeprint", () => draw(sheet));
    addEventListener("afterprint", () => draw());
    addEventListener("resize", fit);
  }
  button.addEventListener("click", () => {
    const shows = table.hidden;
    table.hidden = !shows;
    plot.hidden = shows;
    button.setAttribute("aria-pressed", String(shows));
    button.querySelector("span").textContent = shows ? "看图" : "看表格";
    if (!shows && chart) chart.resize();
  });
}
