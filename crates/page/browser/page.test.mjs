// What the live page does, in a real browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { axe, digits, drawn, folder, mainJob, open, packed, quit, run, stroke, write } from "./browser.mjs";

after(quit);

const views = ["row", "switches", "ray", "slice", "margin", "pair", "away"];
const wholeRing = [[0.5, 0.15], [0.7, 0.25], [0.75, 0.5], [0.7, 0.75], [0.5, 0.85], [0.3, 0.75], [0.25, 0.5], [0.3, 0.25], [0.5, 0.15]];

const view = async (page, name) => {
  await page.click(`#tab-${name}`);
  await drawn(page);
};

// The state of the page: numbers as they are, to the last bit.
const state = (page) => page.evaluate(() => ({
  net: page.net, view: page.view, x: [...page.x], pins: ["A", "B", "C"].map((name) => [...page.pins[name].x]),
  frozen: page.frozen, class: page.now.class, y: [...page.now.y],
}));

// A polygon search or a ray has ended: what is shown is that of what is asked for.
const found = {
  ray: (page) => page.waitForFunction(() => page.ray && page.ray.a === page.pins.A.x && page.ray.net === page.net),
  slice: (page) => page.waitForFunction(() => slice.found?.vertices && slice.found.window === slice.window),
};

test("the page opens with a flip explained in a sentence, and the map is exact", async () => {
  await open(digits(), async (page) => {
    assert.match(await page.textContent("#lead"), /^This stroke flipped \d+ of 768 switches: the net is now another linear map/);
    const residual = await page.evaluate(() => page.now.relative_residual);
    assert.ok(residual < 1e-12, `${residual}`);
    // The rows and constants make up the outputs, and the last row's picture is drawn.
    const off = await page.evaluate(() => Math.max(...Array.from(page.now.y, (y, k) => {
      const n = page.x.length;
      return Math.abs(page.x.reduce((sum, value, i) => sum + value * page.now.rows[k * n + i], page.now.constants[k]) - y);
    })));
    assert.ok(off < 1e-10, `${off}`);
  });
});

test("drawing changes the rows and the class", async () => {
  await open(digits(), async (page) => {
    const look = () => page.evaluate(() => ({ rows: String(page.now.rows), class: page.now.class, said: find("now-title").textContent }));
    await page.click("text=Clear");
    await stroke(page, wholeRing);
    const ring = await look();
    await page.click("text=Clear");
    await stroke(page, [[0.5, 0.05], [0.5, 0.95]]);
    const line = await look();
    assert.notEqual(ring.rows, line.rows);
    assert.notEqual(ring.class, line.class);
    assert.notEqual(ring.said, line.said);
    assert.match(await page.textContent("#lead"), /^This stroke flipped [1-9]/);
    await page.click("[aria-label=Undo]");
    await drawn(page);
    assert.equal(await page.evaluate(() => Math.max(...page.x)), 0);
  });
});

test("an eraser takes away, blur keeps the sum of the inside, noise stays in range", async () => {
  await open(digits(), async (page) => {
    const sum = () => page.evaluate(() => page.x.reduce((a, b) => a + b, 0));
    await page.click("text=Clear");
    await stroke(page, [[0.5, 0.5]]);
    const dot = await sum();
    assert.ok(dot > 0);
    await page.click("text=Blur");
    await drawn(page);
    assert.ok(Math.abs((await sum()) - dot) < 1e-9);
    await page.check("[name=tool][value=eraser]", { force: true });
    await stroke(page, [[0.2, 0.5], [0.8, 0.5]]);
    assert.ok((await sum()) < dot);
    await page.click("text=Noise");
    await drawn(page);
    assert.deepEqual(await page.evaluate(() => [...page.x].filter((value) => !(value >= 0 && value <= 16))), []);
  });
});

test("what the page says is what the command line says", async () => {
  for (const net of mainJob()) {
    await open(packed(net.replaceAll("/", "-"), net), async (page) => {
      const count = 100;
      // Inputs that are no samples: every second one is blurred, so that their numbers have many digits.
      const { bytes, answers, deviation, mean } = await page.evaluate((count) => {
        const size = page.samples.size;
        const all = new Float64Array(count * size);
        const answers = [];
        for (let i = 0; i < count; i++) {
          const x = page.samples.of(i % page.samples.count);
          for (let times = 0; times < 1 + i / page.samples.count; times++) blur(x);
          all.set(x, i * size);
          const { net_y, rows, constants } = mapOf(x);
          answers.push({ net_y: [...net_y], rows: [...rows], constants: [...constants] });
        }
        const { deviation, mean } = net();
        return { bytes: [...toNpy(all, [count, size])], answers, deviation: [...deviation], mean: [...mean] };
      }, count);
      write("inputs.npy", Uint8Array.from(bytes));
      run("inspect", net, "--input", "inputs.npy", "--out", "inspected");
      answers.forEach(({ net_y, rows, constants }, i) => {
        const { map } = JSON.parse(readFileSync(join(folder, `inspected/${i}/inspect.json`), "utf8")).answer;
        close(net_y, map.y, `${net}, input ${i}, y`);
        const width = deviation.length;
        map.a.forEach((row, k) => {
          const raw = row.map((a, j) => a / deviation[j]);
          close(rows.slice(k * width, (k + 1) * width), raw, `${net}, input ${i}, row ${k}`);
          close([constants[k]], [map.c[k] - raw.reduce((sum, a, j) => sum + a * mean[j], 0)], `${net}, input ${i}, constant ${k}`);
        });
      });
    });
  }
});

function close(found, expected, what) {
  const size = Math.max(1, ...expected.map(Math.abs));
  assert.equal(found.length, expected.length, what);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= 1e-12 * size, `${what}, ${i}: ${value} and ${expected[i]}`));
}

test("the ticks of the ray are the breakpoints of the command line", async () => {
  await open(digits(), async (page) => {
    await view(page, "ray");
    await found.ray(page);
    await drawn(page);
    const { t, changes, a, b, ticks } = await page.evaluate(() => ({
      t: [...page.ray.t], changes: [...page.ray.changes], a: [...toNpy(page.pins.A.x)], b: [...toNpy(page.pins.B.x)],
      ticks: document.querySelector(".ticks").getAttribute("d").split("M").length - 1,
    }));
    write("a.npy", Uint8Array.from(a));
    write("b.npy", Uint8Array.from(b));
    run("inspect", mainJob()[0], "--input", "a.npy", "--ray", "b.npy", "--out", "ray");
    const { ray } = JSON.parse(readFileSync(join(folder, "ray/inspect-ray.json"), "utf8")).answer;
    const expected = ray.segments.slice(1).map((segment) => segment.start);
    assert.ok(expected.length > 20, `${expected.length} breakpoints`);
    close(t.slice(1, -1), expected, "breakpoints");
    close(changes, ray.crossings.map((crossing) => crossing.t), "changes of class");
    assert.equal(ticks, expected.length);
  });
});

test("pins that are one input have no ray and no plane, and that is said", async () => {
  await open(digits(), async (page) => {
    await page.evaluate(() => { for (const name of ["B", "C"]) pin(name, page.pins.A.x); });
    await view(page, "ray");
    await page.waitForFunction(() => /\.$/.test(find("ray-words").textContent));
    await view(page, "slice");
    await page.waitForFunction(() => slice.found);
    await drawn(page);
    assert.match(await page.textContent("#slice-words"), /\.$/);
    assert.ok(await page.isHidden("#view-slice progress"));
  });
});

test("the slider of the ray leads to pin B", async () => {
  await open(digits(), async (page) => {
    await view(page, "ray");
    await found.ray(page);
    await page.focus("[aria-label='Place on the line from A to B']");
    await page.keyboard.press("End");
    await drawn(page);
    assert.deepEqual(...await page.evaluate(() => [[...page.x], [...page.pins.B.x]]));
    assert.match(await page.textContent("#lead"), /^The way from pin A flipped [1-9]/);
  });
});

test("a switch is held, marked as an ablation, and let go", async () => {
  await open(digits(), async (page) => {
    await view(page, "switches");
    const before = await state(page);
    const strip = page.locator(".strip canvas").nth(1);
    await strip.click({ position: { x: 5, y: 5 } });
    await drawn(page);
    const held = await state(page);
    assert.equal(held.frozen.length, 1);
    assert.equal(held.frozen[0].layer, 1);
    assert.notDeepEqual(held.y, before.y);
    assert.match(await page.textContent(".badge"), /^ablation: 1 held$/);
    await page.click("#held button");
    await drawn(page);
    assert.deepEqual((await state(page)).y, before.y);
    assert.ok(await page.isHidden(".badge"));
  });
});

test("flips against pin A are counted", async () => {
  await open(digits(), async (page) => {
    await view(page, "switches");
    await page.click("text=Pin as A");
    await drawn(page);
    assert.match(await page.textContent("#flipped"), /^0 of 768 /);
    await stroke(page, [[0.1, 0.1], [0.9, 0.9]]);
    const [said, expected] = await page.evaluate(() => {
      const a = mapOf(page.pins.A.x).pattern;
      return [find("flipped").textContent, mapOf(page.x).pattern.reduce((sum, open, i) => sum + (open !== a[i]), 0)];
    });
    assert.ok(expected > 0);
    assert.equal(said, `${expected} of 768 switches stand otherwise than at pin A.`);
  });
});

test("zooming a slice searches the window anew", async () => {
  await open(digits(), async (page) => {
    await view(page, "slice");
    await found.slice(page);
    const look = () => page.evaluate(() => ({ n: slice.found.offsets.length - 1, window: slice.window, complete: slice.found.complete }));
    const whole = await look();
    assert.ok(whole.n > 100, `${whole.n} polygons`);
    for (let i = 0; i < 5; i++) await page.click("#zoom-in");
    await found.slice(page);
    const part = await look();
    assert.ok(Math.abs(part.window[1] - part.window[0] - 1.5 / 32) < 1e-12);
    assert.ok(part.complete && part.n < whole.n, `${part.n} of ${whole.n} polygons`);
    // The polygons fill the window, and the class in the middle of each is that of the map there.
    const { area, wrong } = await page.evaluate(() => {
      const { vertices, corners, offsets, centers } = slice.found;
      let area = 0;
      let wrong = 0;
      for (let i = 0; i + 1 < offsets.length; i++) {
        const points = [...corners.subarray(offsets[i], offsets[i + 1])].map((v) => [vertices[2 * v], vertices[2 * v + 1]]);
        area += points.reduce((sum, [s, t], k) => { const [u, v] = points[(k + 1) % points.length]; return sum + s * v - t * u; }, 0) / 2;
        const [s, t] = [centers[2 * i], centers[2 * i + 1]];
        const { A, B, C } = page.pins;
        wrong += mapOf(A.x.map((a, j) => a + s * (B.x[j] - a) + t * (C.x[j] - a))).class !== slice.found.class[i];
      }
      return { area: Math.abs(area), wrong };
    });
    assert.ok(Math.abs(area / (1.5 / 32) ** 2 - 1) < 1e-9, `${area}`);
    assert.equal(wrong, 0);
  });
});

test("of a plane with too many polygons a part is shown, and said", async () => {
  await open(digits(), async (page) => {
    await page.evaluate(() => { net().multiply_adds = 2e9 / 500; });
    await view(page, "slice");
    await page.waitForFunction(() => slice.found?.complete && slice.found.window === slice.window);
    await drawn(page);
    assert.ok(await page.evaluate(() => slice.window[1] - slice.window[0] < 1));
    assert.match(await page.textContent("#slice-words"), /^The whole plane has more polygons than are found at once/);
  });
});

test("a search is stopped, and the next one answers", async () => {
  await open(digits(), async (page) => {
    // A worker that never answers stands for a long search.
    await page.evaluate(() => { page.plane.ask = () => new Promise((_, reject) => page.plane.waiting.set(0, { reject })); });
    await view(page, "slice");
    await page.click("#view-slice button:text-is('Stop')");
    await page.waitForFunction(() => find("slice-words").textContent === "Stopped.");
    await page.evaluate(() => { delete page.plane.ask; });
    await page.click("#zoom-in");
    await found.slice(page);
    await drawn(page);
    assert.match(await page.textContent("#slice-words"), /^[\d,]+ polygons/);
  });
});

test("a click in the slice makes the point the input", async () => {
  await open(digits(), async (page) => {
    await view(page, "slice");
    await found.slice(page);
    const plane = page.locator("#plane");
    const { width, height } = await plane.boundingBox();
    // Pin B stands five sixths to the right and five sixths down.
    await plane.click({ position: { x: (width * 5) / 6, y: (height * 5) / 6 } });
    await drawn(page);
    const off = await page.evaluate(() => Math.max(...page.x.map((value, i) => Math.abs(value - page.pins.B.x[i]))));
    assert.ok(off < 0.2, `${off}`);
  });
});

test("applying the smallest change flips one switch", async () => {
  await open(digits(), async (page) => {
    await page.evaluate(() => put(page.pins.A.x));
    await view(page, "margin");
    const apply = page.locator(".card", { hasText: "The nearest switch" }).locator("button");
    await apply.waitFor();
    await apply.click();
    await drawn(page);
    assert.match(await page.textContent("#lead"), /^This smallest change flipped 1 of 768 switches/);
  });
});

test("two nets stand side by side on one input", async () => {
  await open(digits(), async (page) => {
    await view(page, "pair");
    assert.equal(await page.locator("#view-pair tbody tr").count(), 10);
    const [said, expected] = await page.evaluate(() => [
      [...document.querySelectorAll("#view-pair tbody tr")].map((row) => row.cells[2].textContent),
      [...mapOf(page.x, page.nets[page.beside], []).y].map(short)]);
    assert.deepEqual(said, expected);
    await page.selectOption("#net", "1");
    await drawn(page);
    assert.equal(await page.evaluate(() => page.beside !== page.net && page.beside >= 0), true);
  });
});

test("a link restores the net, the input, the pins, the view and what is held", async () => {
  let hash;
  let before;
  await open(digits(), async (page) => {
    await page.selectOption("#net", "1");
    await stroke(page, [[0.2, 0.2], [0.7, 0.6]]);
    await page.click("text=Pin as B");
    await view(page, "switches");
    await page.locator(".strip canvas").first().click({ position: { x: 30, y: 5 } });
    await drawn(page);
    before = await state(page);
    hash = `#${await page.evaluate(() => fragment())}`;
  });
  assert.equal(before.frozen.length, 1);
  await open(digits(), async (page) => assert.deepEqual(await state(page), before), { hash });
  await open(digits(), async (page) => {
    assert.deepEqual([(await state(page)).net, await page.inputValue("#net")], [2, "2"]);
    assert.match(await page.textContent("#lead"), /^This stroke flipped/);
  }, { hash: "#net=2" });
  // A link that is cut, or not one at all, is said, and the page opens as ever.
  for (const wrong of [hash.slice(0, 60), "#%", "#eyJ9"]) {
    await open(digits(), async (page) => {
      assert.match(await page.textContent("#trouble"), /link/);
      assert.match(await page.textContent("#lead"), /^This stroke flipped/);
    }, { hash: wrong });
  }
});

test("no view is wider than a phone", async () => {
  for (const width of [360, 390]) {
    await open(digits(), async (page) => {
      for (const name of views) {
        await view(page, name);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${width}`);
      }
      // A finger draws.
      const before = await state(page);
      await page.tap("#paper", { position: { x: 20, y: 20 } });
      await drawn(page);
      assert.notDeepEqual((await state(page)).x, before.x);
    }, { viewport: { width, height: 740 }, hasTouch: true, isMobile: true });
  }
});

test("everything can be done with keys alone", async () => {
  await open(digits(), async (page) => {
    await view(page, "slice");
    await found.slice(page);
    await page.evaluate(() => document.activeElement.blur());
    // What takes the focus, in the order in which it does.
    const reached = new Set();
    for (let i = 0; i < 150; i++) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => {
        const { activeElement: one } = document;
        if (one === document.body) return "";
        if (getComputedStyle(one).outlineStyle === "none" && !one.closest(".sheet, .choice")) return `no mark at ${one.outerHTML.slice(0, 80)}`;
        return one.id || one.name || one.ariaLabel || one.textContent;
      }));
    }
    assert.deepEqual([...reached].filter((one) => one.startsWith("no mark")), []);
    for (const one of ["paper", "tool", "Clear", "net", "Pin as A", "tab-slice", "plane", "slice-color", "zoom-in"]) assert.ok(reached.has(one), one);
    // Draws, goes to another view, holds a switch, and moves in the plane.
    await page.focus("#paper");
    const before = await state(page);
    for (const key of ["ArrowDown", "ArrowRight", "Space", "Shift+ArrowRight", "Shift+ArrowRight"]) await page.keyboard.press(key);
    await drawn(page);
    const after = await state(page);
    assert.notDeepEqual(after.x, before.x);
    assert.equal(after.x[8 + 1], 16);
    await page.focus("#tab-slice");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await drawn(page);
    assert.equal(await page.evaluate(() => [page.view, document.activeElement.id].join()), "switches,tab-switches");
    await page.focus(".strip canvas");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await drawn(page);
    const { frozen } = await state(page);
    assert.equal(frozen.length, 1);
    await page.focus("#tab-switches");
    for (const key of ["ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
    await page.focus("#plane");
    const window = await page.evaluate(() => slice.window);
    for (const key of ["+", "ArrowLeft"]) await page.keyboard.press(key);
    await drawn(page);
    const moved = await page.evaluate(() => slice.window);
    assert.ok(Math.abs(moved[1] - moved[0] - (window[1] - window[0]) / 2) < 1e-12);
  });
});

test("names are texts, whatever is in them", async () => {
  const hostile = `</script><img src=x onerror="window.hacked=1">`;
  const lines = Array.from({ length: 60 }, (_, i) => `${(i % 3) + (i % 7) / 10},${(i % 5) / 3},"${["<b>one</b>", "&amp;two", `'"${"`"}\${three}`][i % 3].replaceAll('"', '""')}"`);
  write("hostile.csv", `"${hostile.replaceAll('"', '""')}",${"`${b}`"},kind\n${lines.join("\n")}\n`);
  run("train", "--data", "hostile.csv", "--net", "mlp", "--hidden", "8", "--epochs", "2", "--out", "hostile <i>.safetensors");
  await open(packed("hostile", "hostile <i>.safetensors"), async (page) => {
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    const text = await page.textContent("body");
    for (const name of [hostile, "<b>one</b>", "&amp;two"]) assert.ok(text.includes(name), name);
    for (const name of views) await view(page, name);
    await page.waitForFunction(() => document.querySelector("#view-ray svg") || page.ray || true);
    assert.equal(await page.locator("b:text-is('one'), img[src=x]").count(), 0);
  });
});

test("a damaged module or net is said in a sentence", async () => {
  const whole = readFileSync(digits(), "utf8");
  const [head, ...rest] = whole.split('id="module">');
  const tail = rest.join('id="module">');
  const other = (text, at) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  const damaged = {
    "one sign": `${head}id="module">${other(tail, 5000)}`,
    "cut": `${head}id="module">${tail.slice(0, 4000)}${tail.slice(tail.indexOf("</script>"))}`,
    "no base64": `${head}id="module">!${tail}`,
    "net": whole.replace(/("file":\s*"[^"]{300})./, (all, before) => before + (all.at(-1) === "A" ? "B" : "A")),
  };
  for (const [name, text] of Object.entries(damaged)) {
    assert.notEqual(text, whole, name);
    await open(write("damaged.html", text), async (page) => {
      await page.waitForSelector("#trouble:not([hidden])");
      assert.match(await page.textContent("#trouble"), /damaged|get the file again/, name);
    }, { ready: false });
  }
});

test("a library that stopped is started anew with the input before", async () => {
  await open(digits(), async (page) => {
    const before = await state(page);
    await page.evaluate(() => {
      page.ask = () => { throw new WebAssembly.RuntimeError("unreachable"); };
      page.past.push(page.x);
      put(page.x.map((value) => value + 1));
    });
    await page.waitForSelector("#trouble:not([hidden])");
    await drawn(page);
    assert.match(await page.textContent("#trouble"), /started anew/);
    const after = await state(page);
    assert.deepEqual([after.x, after.y], [before.x, before.y]);
  });
});

test("arrays go out and come in as .npy", async () => {
  await open(digits(), async (page) => {
    const wrong = await page.evaluate(() => {
      for (const array of [page.now.rows, Uint8Array.of(1, 0), Uint32Array.of(7)]) {
        const { values, shape } = fromNpy(toNpy(array).buffer);
        if (String(shape) !== String(array.shape ?? [array.length]) || values.some((value, i) => value !== array[i])) return shape;
      }
      return null;
    });
    assert.equal(wrong, null);
    await view(page, "away");
    await page.selectOption("[aria-label=Array]", "A");
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=Save .npy")]);
    assert.equal(file.suggestedFilename(), "A.npy");
    assert.match(readFileSync(await file.path(), "latin1"), /'shape': \(10, 64\)/);
    for (const kind of ["SVG", "PNG"]) {
      const [picture] = await Promise.all([page.waitForEvent("download"), page.click(`[aria-label='Input and rows as ${kind}']`)]);
      assert.match(readFileSync(await picture.path(), "latin1").slice(0, 8), kind === "SVG" ? /^<svg/ : /PNG/);
    }
    // An input from a file; what is no input is said.
    const x = Float64Array.from({ length: 64 }, (_, i) => i / 4);
    const bytes = await page.evaluate((x) => [...toNpy(Float64Array.from(x), [8, 8])], [...x]);
    await page.setInputFiles("input[type=file]", write("input.npy", Uint8Array.from(bytes)));
    await page.waitForFunction(() => page.x[63] === 15.75);
    // A picture of a dark line on white: the data are light on dark, so it is exchanged, and that is said.
    const picture = await page.evaluate(() => {
      const canvas = make("canvas", { width: 80, height: 80 });
      const context = canvas.getContext("2d");
      context.fillStyle = "#fff";
      context.fillRect(0, 0, 80, 80);
      context.fillStyle = "#000";
      context.fillRect(30, 10, 20, 60);
      return canvas.toDataURL().split(",")[1];
    });
    await page.setInputFiles("input[type=file]", write("line.png", Buffer.from(picture, "base64")));
    await page.waitForFunction(() => /^line.png, dark and light exchanged, flipped/.test(find("lead").textContent));
    assert.deepEqual(await page.evaluate(() => [page.x[0], page.x[3 + 8 * 4] > 12]), [0, true]);
    await page.setInputFiles("input[type=file]", write("short.npy", Uint8Array.from(bytes.slice(0, 200))));
    await page.waitForSelector("#trouble:not([hidden])");
    assert.equal(await page.textContent("#trouble"), "short.npy: expected 64 numbers, found the end of the file.");
  });
});

test("sliders for few features, a line to drag for series", async () => {
  const row = (i) => `${(i % 3) + (i % 7) / 10},${(i % 5) / 3},${["x", "y", "z"][i % 3]}`;
  write("table.csv", `age,"height, cm",kind\n${Array.from({ length: 60 }, (_, i) => row(i)).join("\n")}\n`);
  run("train", "--data", "table.csv", "--net", "mlp", "--hidden", "8", "--epochs", "2", "--out", "table-net.safetensors");
  await open(packed("table", "table-net.safetensors"), async (page) => {
    const before = await state(page);
    await page.focus("[aria-label='height, cm']");
    await page.keyboard.press("ArrowRight");
    await drawn(page);
    const { x } = await state(page);
    assert.equal(x[0], before.x[0]);
    assert.ok(x[1] > before.x[1]);
    for (const name of views) await view(page, name);
  });
  const wave = (i) => `${Array.from({ length: 40 }, (_, t) => Math.sin((t + i) / (i % 2 ? 3 : 6)).toFixed(3)).join(",")},${["slow", "fast"][i % 2]}`;
  write("series.csv", `${Array.from({ length: 40 }, (_, t) => `t${t}`).join(",")},kind\n${Array.from({ length: 60 }, (_, i) => wave(i)).join("\n")}\n`);
  run("train", "--data", "series.csv", "--net", "mlp", "--hidden", "8", "--epochs", "2", "--out", "series-net.safetensors");
  await open(packed("series", "series-net.safetensors"), async (page) => {
    const before = await state(page);
    await stroke(page, [[0.5, 0.5], [0.5, 0.05]]);
    const { x } = await state(page);
    assert.ok(x[20] > before.x[20]);
    assert.equal(x[0], before.x[0]);
    for (const name of views) await view(page, name);
  });
});

test("nets of values, and nets without switches, are shown as what they are", async () => {
  const row = (i) => `${(i % 3) + (i % 7) / 10},${(i % 5) / 3}`;
  write("values.csv", `age,height,weight\n${Array.from({ length: 60 }, (_, i) => `${row(i)},${i / 7}`).join("\n")}\n`);
  run("train", "--data", "values.csv", "--values", "--net", "mlp", "--hidden", "8", "--epochs", "2", "--out", "values-net.safetensors");
  await open(packed("values", "values-net.safetensors"), async (page) => {
    assert.match(await page.textContent("#now-title"), /^y = /);
    for (const name of views) await view(page, name);
    await view(page, "slice");
    await found.slice(page);
    assert.deepEqual([await page.isVisible("text=Class"), await page.evaluate(() => slice.color)], [false, "pattern"]);
  });
  write("tanh.toml", 'net = "layers"\nlayers = [{ kind = "dense", outputs = 4 }, { kind = "tanh" }, { kind = "dense", outputs = 1 }]\n');
  run("train", "--data", "values.csv", "--values", "--net", "tanh.toml", "--epochs", "2", "--out", "tanh-net.safetensors");
  await open(packed("tanh", "tanh-net.safetensors"), async (page) => {
    assert.match(await page.textContent("#lead"), /changed the tangent of the net/);
    for (const name of views) await view(page, name);
    for (const [name, words] of [["ray", "#ray-words"], ["slice", "#slice-words"]]) {
      await view(page, name);
      await page.waitForFunction((words) => /piecewise linear/.test(document.querySelector(words).textContent), words);
    }
  });
});

test("a net without data begins with an input of its own", async () => {
  run("export", mainJob()[6], "alone.onnx");
  await open(packed("alone", "alone.onnx"), async (page) => {
    assert.equal(await page.locator("#samples li").count(), 1);
    assert.match(await page.textContent("#lead"), /^This stroke flipped/);
    for (const name of views) await view(page, name);
    await view(page, "ray");
    await found.ray(page);
    assert.ok(await page.isHidden("#trouble"));
  });
});

test("axe finds nothing to complain about, in light and in dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await open(digits(), async (page) => {
      await page.evaluate(axe);
      for (const name of views) {
        await view(page, name);
        if (found[name]) await found[name](page);
        if (name === "margin") await page.locator("#view-margin button").first().waitFor();
        await drawn(page);
        const { violations } = await page.evaluate(() => axe.run(document));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 100)).join("; ")}`), [], `${name}, ${colorScheme}`);
      }
    }, { colorScheme, reducedMotion: "reduce" });
  }
});
