"use strict";
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const graph = document.querySelector(".graph"), search = document.getElementById("search");
  const panel = document.getElementById("panel"), count = document.getElementById("count");
  const rows = new Map(all("tr[data-i]").map((row) => [Number(row.dataset.i), row]));
  const nodes = all(".node"), lines = all(".line"), chips = all(".chip");
  const resources = new Map();
  for (const one of all(".resource")) resources.set(Number(one.dataset.i), [...(resources.get(Number(one.dataset.i)) ?? []), one]);
  const needs = nodes.map((node) => node.dataset.needs.split(" ").filter(Boolean).map(Number));
  const users = nodes.map(() => []);
  needs.forEach((own, place) => own.forEach((one) => users[one].push(place)));
  const whys = new Map(all("tr.why").map((row) => [Number(row.dataset.of), row]));
  const name = (place) => rows.get(place).querySelector(".name").textContent;
  const words = new Map([...rows].map(([place, row]) => {
    const parts = [row, whys.get(place), ...(resources.get(place) ?? [])];
    return [place, parts.map((one) => one?.textContent ?? "").join(" ").toLowerCase()];
  }));
  let open = null;

  const reach = (start, next) => {
    const seen = new Set(), waiting = [...next[start]];
    while (waiting.length) {
      const one = waiting.pop();
      if (!seen.has(one) && one !== start) { seen.add(one); waiting.push(...next[one]); }
    }
    return seen;
  };

  const look = (place) => {
    const seen = place !== null && place < nodes.length;
    const up = seen ? reach(place, needs) : new Set(), down = seen ? reach(place, users) : new Set();
    graph?.classList.toggle("seen", seen);
    nodes.forEach((node, one) => {
      node.classList.toggle("on", one === place);
      node.classList.toggle("up", up.has(one));
      node.classList.toggle("down", down.has(one));
    });
    for (const line of lines) {
      const [from, to] = [Number(line.dataset.a), Number(line.dataset.b)];
      line.classList.toggle("up", up.has(from) && (to === place || up.has(to)));
      line.classList.toggle("down", down.has(to) && (from === place || down.has(from)));
    }
    rows.forEach((row, one) => row.classList.toggle("on", one === place));
  };

  const choose = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean), groups = {};
    for (const chip of chips) if (chip.getAttribute("aria-pressed") === "true") (groups[chip.dataset.about] ??= []).push(chip.dataset.word);
    const shown = new Set([...rows.keys()].filter((place) =>
      wanted.every((word) => words.get(place).includes(word))
      && Object.entries(groups).every(([about, any]) => any.includes(rows.get(place).dataset[about]))));
    rows.forEach((row, place) => { row.hidden = !shown.has(place); });
    whys.forEach((row, place) => { row.hidden = !shown.has(place); });
    nodes.forEach((node, place) => { node.classList.toggle("out", !shown.has(place)); node.setAttribute("tabindex", shown.has(place) ? "0" : "-1"); });
    for (const line of lines) line.classList.toggle("out", !shown.has(Number(line.dataset.a)) || !shown.has(Number(line.dataset.b)));
    for (const one of all(".change")) {
      const inside = all(".resource", one);
      for (const part of inside) part.hidden = rows.has(Number(part.dataset.i)) && !shown.has(Number(part.dataset.i));
      one.hidden = inside.every((part) => part.hidden);
    }
    count.textContent = shown.size === rows.size ? `${rows.size}` : `${shown.size} of ${rows.size}`;
  };

  const add = (kind, text, into = panel, look = "") => {
    const made = into.appendChild(document.createElement(kind));
    made.textContent = text;
    made.className = look;
    return made;
  };

  const tell = (place) => {
    panel.replaceChildren();
    const close = add("button", "×", panel, "close");
    close.setAttribute("aria-label", "Close");
    close.onclick = clear;
    add("h2", name(place));
    const row = rows.get(place), heads = all(".steps thead th").map((one) => one.textContent);
    add("p", [...row.cells].slice(2).filter((cell) => cell.className !== "bar" && cell.textContent).map((cell) =>
      cell.className === "number" ? `${heads[cell.cellIndex].toLowerCase()} ${cell.textContent}` : cell.textContent).join(" · "), panel, "type");
    if (whys.has(place)) add("p", whys.get(place).textContent, panel, "said");
    for (const [title, near] of [["Needs", needs[place]], ["Needed by", users[place]]]) {
      if (near?.length) add("h4", title);
      for (const one of near ?? []) add("button", name(one), panel, "link").onclick = () => go(one);
    }
    for (const one of resources.get(place) ?? []) panel.append(Object.assign(one.cloneNode(true), { hidden: false }));
    panel.hidden = false;
    open = place;
    look(place);
  };

  const clear = () => {
    const back = open;
    panel.hidden = true;
    open = null;
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    choose();
    look(null);
    if (back !== null) nodes[back]?.focus(); else search.blur();
  };

  const go = (place) => { nodes[place].focus(); nodes[place].scrollIntoView({ block: "nearest", inline: "nearest" }); tell(place); };

  const towards = (place, x, y) => {
    const at = nodes.map((node) => node.getBoundingClientRect()), own = at[place];
    const far = (box) => [(box.left + box.right - own.left - own.right) / 2, (box.top + box.bottom - own.top - own.bottom) / 2];
    const cost = ([dx, dy]) => x ? Math.abs(dx) + 3 * Math.abs(dy) : Math.abs(dy) + 20 * Math.abs(dx);
    const found = at.map((box, one) => [one, far(box)]).filter(([one, [dx, dy]]) =>
      one !== place && !nodes[one].classList.contains("out") && (x ? dx * x > 8 : dy * y > 8));
    return found.sort((a, b) => cost(a[1]) - cost(b[1]))[0]?.[0];
  };

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  nodes.forEach((node, place) => {
    node.addEventListener("mouseenter", () => look(place));
    node.addEventListener("mouseleave", () => look(open));
    node.addEventListener("focus", () => look(place));
    node.addEventListener("blur", () => look(open));
    node.addEventListener("click", () => tell(place));
    node.addEventListener("keydown", (event) => {
      const next = ARROWS[event.key] && towards(place, ...ARROWS[event.key]);
      if (next !== undefined) nodes[next].focus();
      if (event.key === "Enter" || event.key === " ") tell(place);
      if (event.key in ARROWS || event.key === "Enter" || event.key === " ") event.preventDefault();
    });
  });
  rows.forEach((row, place) => {
    row.addEventListener("mouseenter", () => look(place));
    row.addEventListener("mouseleave", () => look(open));
    row.addEventListener("click", () => tell(place));
  });
  for (const chip of chips) chip.onclick = () => { chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true")); choose(); };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search) clear();
    if (event.key === "/" && search && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  if (!search) return;
  search.oninput = choose;
  search.form.onsubmit = (event) => event.preventDefault();
  choose();
})();
