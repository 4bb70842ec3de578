// A browser, and pages made with the program.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const folder = process.env.PAGE_FOLDER;
const load = createRequire(join(folder, "package.json"));
const { chromium } = load("playwright-core");
export const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");

export function run(...words) {
  return execFileSync(process.env.SWITCHNET, words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

// A page of these checkpoints, once for all tests that ask for it.
const made = new Map();
export function packed(name, ...words) {
  if (!made.has(name)) {
    run("page", ...words, "--out", `${name}.html`);
    made.set(name, join(folder, `${name}.html`));
  }
  return made.get(name);
}

// The checkpoints of the main job, a little trained.
export function mainJob() {
  if (!made.has("main job")) {
    run("compare", "--epochs", "3", "--seeds", "1", "--out", "main");
    const { nets } = JSON.parse(readFileSync(join(folder, "main/results.json"), "utf8"));
    made.set("main job", nets.map((net) => join("main/checkpoints", net.runs[0].checkpoint)));
  }
  return made.get("main job");
}

// The page of three of them, on which most tests are.
export function digits() {
  const nets = mainJob();
  return packed("digits", nets[0], nets[4], nets[6]);
}

let browser;
export async function launch() {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  return browser;
}
export const quit = () => browser?.close();

// Opens a file in a window of its own and, at the end, fails if the page has said anything on the console.
export async function open(file, use, { hash = "", ready = true, ...options } = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  // States are waited for, however busy the machine is.
  page.setDefaultTimeout(300000);
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => { if (/^(https?|wss?):/.test(request.url())) said.push(`asked the network for ${request.url()}`); });
  await page.goto(`file://${file}${hash}`);
  if (ready) await page.waitForSelector("html[data-ready]", { state: "attached" });
  try {
    await use(page);
  } finally {
    await context.close();
  }
  if (said.length) throw new Error(`the page said: ${said.join("; ")}`);
}

// Waits until everything that was changed is drawn.
export const drawn = (page) => page.waitForFunction("waiting === 0");

// A stroke with the mouse through points of the picture, given as parts of its sides.
export async function stroke(page, points) {
  const box = await page.locator("#paper").boundingBox();
  const at = ([u, v]) => [box.x + u * box.width, box.y + v * box.height];
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
  await page.mouse.up();
  await drawn(page);
}

export function write(name, content) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
