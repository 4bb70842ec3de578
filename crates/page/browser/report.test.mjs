// What the report of a comparison does, in a real browser.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { axe, folder, mainJob, open, quit, run, write } from "./browser.mjs";

after(quit);

// The report of the main job, whose inputs are images, and one of a table with names as long as they come.
let table;
const reports = {
  digits() {
    mainJob();
    return join(folder, "main/report.html");
  },
  table() {
    if (!table) {
      const name = (text) => `${text} ${"very-long-and-unbroken-".repeat(6)} <b>name</b>`;
      const row = (i) => `${i * 1e8},${(i % 7) / 10},${(i % 5) / 3},"${name(["one", "two", "three"][i % 3])}"`;
      write("long.csv", `"${name("a")}",b,c,kind\n${Array.from({ length: 90 }, (_, i) => row(i)).join("\n")}\n`);
      const nets = [4, 8, 2048, 16, 32].map((hidden) => `[[nets]]\nname = "${name(hidden)}"\narchitecture = { net = "mlp", hidden = [${hidden}] }\n`);
      write("long.toml", `name = "${name("An experiment")}"\nseeds = [1, 2]\nexamples = 4\nstandardize = "feature"\nlearning-rates = [0.01, 0.1]
data = { source = "csv", train = "long.csv" }\n[training]\nepochs = 3\nvalidation = 0.2\n${nets.join("\n")}`);
      run("compare", "long.toml", "--out", "long");
      table = join(folder, "long/report.html");
    }
    return table;
  },
};
const report = (name, use, options) => open(reports[name](), use, { ready: false, ...options });

const column = (page, i) => page.locator(".results tbody tr").evaluateAll((rows, i) => rows.map((row) => row.cells[i].textContent), i);
const number = (text) => parseFloat(text.replaceAll(",", "").replaceAll("−", "-"));
// Two frames on, whatever was scrolled or laid out has been told to the page.
const settled = (page) => page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
const said = (page) => page.textContent("[role=status]");

test("a table sorts, by mouse and by keys, and says so", async () => {
  await report("digits", async (page) => {
    const heading = page.locator(".results thead th");
    const accuracy = heading.nth(4);
    assert.match(await accuracy.textContent(), /^accuracy/);
    assert.equal(await page.locator(".results [aria-sort]").count(), 0);
    const before = await column(page, 4);
    await accuracy.locator("button").click();
    assert.equal(await accuracy.getAttribute("aria-sort"), "ascending");
    const up = (await column(page, 4)).map(number);
    assert.deepEqual(up, before.map(number).sort((a, b) => a - b));
    // Every other cell went along.
    assert.equal(new Set((await column(page, 0))).size, 7);
    const width = (await accuracy.boundingBox()).width;
    await accuracy.locator("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await accuracy.getAttribute("aria-sort"), "descending");
    assert.deepEqual((await column(page, 4)).map(number), up.toReversed());
    assert.match(await said(page), /^Sorted by accuracy.*descending$/);
    assert.equal((await accuracy.boundingBox()).width, width);
    // Names by letters, and no more than one column has the mark.
    await heading.first().locator("button").click();
    const names = await column(page, 0);
    assert.deepEqual(names, names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    assert.equal(await page.locator(".results [aria-sort]").count(), 1);
    await page.fill("[type=search]", "HADAMARD");
    assert.equal(await page.locator(".results tbody tr:visible").count(), 2);
    assert.equal(await said(page), "2 of 7 nets");
  });
});

test("rates that were tried sort by number", async () => {
  await report("digits", async (page) => {
    const part = page.locator("details", { has: page.locator(".rates") }).first();
    await part.locator("summary").click();
    const cells = () => part.locator("tbody th").evaluateAll((cells) => cells.map((cell) => Number(cell.textContent)));
    for (const sign of [1, -1]) {
      await part.locator("th button").first().click();
      const rates = await cells();
      assert.deepEqual(rates, rates.toSorted((a, b) => sign * (a - b)));
    }
  });
});

test("every chart says the number at the pointer", async () => {
  for (const name of Object.keys(reports)) {
    await report(name, async (page) => {
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      const charts = page.locator(".plot > div");
      const count = await charts.count();
      assert.ok(count > 7, `${count} charts`);
      for (let i = 0; i < count; i++) {
        const chart = charts.nth(i);
        await chart.scrollIntoViewIfNeeded();
        await settled(page);
        // In the middle of what is said first of each chart, before the script has taken the texts.
        const [text, x, y] = await chart.evaluate((box) => {
          const element = box.querySelector(".values title").parentElement;
          const { left, top, width, height } = element.getBoundingClientRect();
          return [element.textContent, left + width / 2, top + height / 2];
        });
        await page.mouse.move(x, y);
        const tip = await page.locator(".tip").textContent();
        assert.ok(await page.isVisible(".tip"), text);
        // Where points lie on each other, the last is said.
        assert.match(tip, /\d/);
        if (tip !== text) assert.ok((await chart.locator(".values circle, .values rect").count()) > 1, `${text}; ${tip}`);
        const box = await page.locator(".tip").boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= 1280 && box.y >= 0 && box.y + box.height <= 900, JSON.stringify(box));
        await page.mouse.move(2, 2);
        assert.ok(await page.isHidden(".tip"));
      }
    });
  }
});

test("numbers of a chart are those of the results", async () => {
  await report("digits", async (page) => {
    const rows = await page.locator(".results tbody tr").evaluateAll((rows) => rows.map((row) => [0, 1, 4].map((i) => row.cells[i].textContent)));
    const chart = page.locator(".plot > div").nth(1);
    for (const [name, parameters, accuracy] of rows) {
      const text = await chart.evaluate((box, name) => [...box.querySelectorAll(".values title")].map((t) => t.textContent).find((t) => t.startsWith(`${name}:`)), name);
      assert.equal(text, `${name}: parameters ${parameters}, test accuracy ${accuracy} %`);
    }
  });
});

test("keys step through the numbers of a chart", async () => {
  await report("digits", async (page) => {
    const chart = page.locator(".plot > div").first();
    const texts = await chart.evaluate((box) => [...box.querySelectorAll(".values > g")].map((g) => [...g.querySelectorAll("title")].map((t) => t.textContent)));
    assert.equal(texts.length, 14);
    const next = await page.locator(".plot .values title").nth(texts.flat().length).textContent();
    await page.locator("[type=search]").focus();
    while (!(await chart.evaluate((box) => box === document.activeElement))) await page.keyboard.press("Tab");
    const now = async () => {
      assert.equal(await page.textContent(".tip"), await said(page));
      return said(page);
    };
    assert.equal(await now(), texts[0][0]);
    for (const [key, expected] of [["ArrowRight", texts[0][1]], ["ArrowDown", texts[1][1]], ["End", texts[1].at(-1)], ["ArrowRight", texts[1].at(-1)],
      ["ArrowUp", texts[0].at(-1)], ["Home", texts[0][0]], ["ArrowUp", texts[0][0]]]) {
      await page.keyboard.press(key);
      assert.equal(await now(), expected, key);
    }
    await page.keyboard.press("Escape");
    assert.ok(await page.isHidden(".tip"));
    await page.keyboard.press("ArrowRight");
    assert.ok(await page.isVisible(".tip") && await page.isVisible(".ring"));
    // The next chart begins with its own first number, and says nothing where the focus is elsewhere.
    await page.keyboard.press("Tab");
    assert.equal(await now(), next);
    await page.evaluate(() => document.activeElement.blur());
    assert.ok(await page.isHidden(".tip"));
  });
});

test("details are folded and open by keys, and all are there without scripts", async () => {
  await report("digits", async (page) => {
    assert.equal(await page.locator("details[open]").count(), 0);
    assert.equal(await page.locator("section .plot:visible, section table:visible").count(), 0);
    const section = page.locator("section").first();
    const folded = section.locator("> details > summary");
    assert.deepEqual(await folded.allTextContents(), ["Layers", "Learning rates tried", "Classes taken for others", "Switches", "2 more", "2 more"]);
    const shown = await section.locator(".example:visible").count();
    assert.equal(shown, 2);
    await folded.nth(3).focus();
    await page.keyboard.press("Enter");
    assert.ok(await section.locator(".plot").isVisible());
    await folded.nth(4).click();
    assert.equal(await section.locator(".example:visible").count(), 4);
    // A link to a net leads to it.
    await page.click("nav a:text-is('CNN')");
    assert.ok(await page.locator("#cnn h3").evaluate((heading) => heading.getBoundingClientRect().top < innerHeight));
  });
  await report("digits", async (page) => {
    assert.equal(await page.locator(".results tbody tr").count(), 7);
    assert.equal(await page.locator(".results button, .tip").count(), 0);
    assert.ok((await page.locator(".values title").count()) > 100);
  }, { javaScriptEnabled: false });
});

test("the report leads to the live page of each net", async () => {
  await report("digits", async (page) => {
    const links = await page.locator("a[href^='page.html']").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    assert.deepEqual(links, ["page.html", ...Array.from({ length: 7 }, (_, i) => `page.html#net=${i}`)]);
    await page.locator("a[href='page.html#net=4']").click();
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    assert.equal(await page.inputValue("#net"), "4");
  });
});

test("nothing is wider than its screen, with names and numbers of any length", async () => {
  for (const name of Object.keys(reports)) {
    for (const width of [360, 390, 768, 1280]) {
      await report(name, async (page) => {
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        const wide = await page.evaluate(() => {
          // What sticks out, but for what scrolls in a box of its own.
          const out = [...document.querySelectorAll("main *")].filter((one) => !one.closest(".scroll > *") && !one.closest(".unseen")
            && one.getBoundingClientRect().right > innerWidth + 0.5);
          return [document.documentElement.scrollWidth - innerWidth, ...out.map((one) => one.outerHTML.slice(0, 80))];
        });
        assert.deepEqual(wide, [0], `${name} at ${width}`);
        // What scrolls can be scrolled to its end, by keys too.
        const boxes = page.locator(".scroll");
        assert.equal(await boxes.evaluateAll((all) => all.filter((one) => one.tabIndex !== 0).length), 0);
        if (width < 400) {
          const chart = page.locator(".plot > div").first();
          await chart.focus();
          await page.keyboard.press("End");
          await settled(page);
          assert.ok(await page.isVisible(".ring") && await page.isVisible(".tip"));
          assert.ok(await chart.evaluate((box) => box.scrollLeft) > 0);
          const { right, inside } = await chart.evaluate((box) => ({ right: document.querySelector(".ring").getBoundingClientRect().right, inside: box.getBoundingClientRect().right }));
          assert.ok(right <= inside, `${right} of ${inside}`);
        }
      }, { viewport: { width, height: 900 }, hasTouch: width < 400, isMobile: width < 400 });
    }
  }
});

test("a finger reads a chart", async () => {
  await report("digits", async (page) => {
    const chart = page.locator(".plot > div").first();
    await chart.scrollIntoViewIfNeeded();
    await settled(page);
    const [x, y] = await chart.evaluate((box) => {
      const { left, top, width, height } = box.querySelector(".values circle").getBoundingClientRect();
      return [left + width / 2 + 9, top + height / 2 + 9];
    });
    await page.touchscreen.tap(x, y);
    assert.ok(await page.isVisible(".tip"));
    const { x: left, width } = await page.locator(".tip").boundingBox();
    assert.ok(left >= 0 && left + width <= 390);
  }, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
});

test("axe finds nothing in the report to complain about, in light and in dark", async () => {
  for (const name of Object.keys(reports)) {
    for (const colorScheme of ["light", "dark"]) {
      await report(name, async (page) => {
        await page.evaluate(axe);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        await page.locator("th button").first().click();
        const { violations } = await page.evaluate(() => axe.run(document));
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 100)).join("; ")}`), [], `${name}, ${colorScheme}`);
      }, { colorScheme, reducedMotion: "reduce" });
    }
  }
});
