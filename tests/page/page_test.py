#!/usr/bin/env python3
"""page_test.py HENSON GOLDEN [SCREENSHOTS]: opens the page of `henson inspect --html` in a browser.

At the width of a phone and of a desk, in light and in the dark: nothing is complained of, nothing is
fetched, nothing scrolls sideways, all text can be read, a screen reader finds its way, search and
order work by keyboard. Exits with 77 where no Chromium is installed.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import browser  # noqa: E402

VIEWS = [(360, 740, "light"), (360, 740, "dark"), (1280, 900, "light"), (1280, 900, "dark")]
EVIL = "<img src=x onerror=alert(1)>&amp;'\"{{style}}.pt"

# Texts whose contrast with what is behind them is below WCAG's 4.5.
PALE = """(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = (colour) => {
    const [r, g, b] = parse(colour).slice(0, 3).map((c) => c / 255)
        .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      const parts = parse(colour);
      if (parts.length < 4 || parts[3] > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || /^(script|style|title)$/i.test(node.tagName)) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(node.closest('svg') ? style.fill : style.color), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.add(node.tagName + ' ' + walker.currentNode.data.trim().slice(0, 30));
  }
  return [...found];
})()"""

# What sticks out of the window to the right.
WIDE = """[...document.querySelectorAll('body *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'))
  .slice(0, 5).map((e) => e.tagName + '.' + e.className)"""

SHOWN = "[...document.querySelectorAll('#tensors tbody tr')].filter((r) => !r.hidden).length"


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="henson_page_")
        root = pathlib.Path(cls.folder.name)
        cls.page = root / "page.html"
        cls.write("torch2.13_masked_lm.pt", cls.page)
        evil = root / EVIL.replace("/", "")
        evil.write_bytes((GOLDEN / "torch2.13_encoder_ids.pt").read_bytes())
        cls.evil = root / "evil.html"
        cls.run_henson(evil, cls.evil)
        cls.browser = browser.Browser(COMMAND)

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.folder.cleanup()

    @classmethod
    def write(cls, archive, page):
        cls.run_henson(GOLDEN / archive, page)

    @staticmethod
    def run_henson(archive, page):
        subprocess.run([PROGRAM, "inspect", archive, "--html", page, "--shape", "1x8"], check=True)

    def test_every_view(self):
        for width, height, scheme in VIEWS:
            with self.subTest(width=width, scheme=scheme):
                self.browser.look(width, height, scheme)
                self.browser.open(self.page.as_uri())
                self.assertEqual(self.browser.complaints(), [])
                self.assertEqual([address for address in self.browser.requests()
                                  if not address.startswith("data:")], [self.page.as_uri()])
                self.assertEqual(self.browser.value(WIDE), [])
                self.assertLessEqual(
                    self.browser.value("document.documentElement.scrollWidth"), width)
                self.assertEqual(self.browser.value(PALE), [])
                dark = self.browser.value("getComputedStyle(document.body).backgroundColor")
                self.assertEqual(int(dark[4:].split(",")[0]) < 128, scheme == "dark")
                if SCREENSHOTS:
                    self.browser.screenshot(SCREENSHOTS / f"{scheme}_{width}.png")

    def test_a_screen_reader_finds_its_way(self):
        for width in (360, 1280):
            self.browser.look(width, 900, "light")
            self.browser.open(self.page.as_uri())
            found = self.browser.accessible()
            roles = [role for role, _ in found]
            for role in ("banner", "main", "navigation", "contentinfo", "search", "status",
                         "searchbox", "table", "columnheader", "rowheader", "cell"):
                self.assertIn(role, roles, f"at {width}")
            regions = {name for role, name in found if role == "region"}
            for name in ("Summary", "Where the weights are", "Where the time goes", "Tensors"):
                self.assertIn(name, regions)
            pictures = [name for role, name in found if role in ("image", "img")]
            self.assertTrue(pictures)
            self.assertTrue(all(pictures), pictures)
            levels = self.browser.value(
                "[...document.querySelectorAll('h1,h2,h3')].map((h) => Number(h.tagName[1]))")
            self.assertEqual(levels[0], 1)
            self.assertEqual(levels.count(1), 1)
            self.assertTrue(all(b - a <= 1 for a, b in zip(levels, levels[1:])), levels)

    def test_search(self):
        self.browser.look(1280, 900, "light")
        self.browser.open(self.page.as_uri())
        everything = self.browser.value(SHOWN)
        self.assertGreater(everything, 20)
        self.browser.open(self.page.as_uri() + "#q=QUERY%20weight")
        found = self.browser.value(SHOWN)
        self.assertTrue(0 < found < everything / 2, found)
        self.assertEqual(self.browser.value("document.getElementById('count').textContent"),
                         f"{found} of {everything} tensors")
        self.browser.open(self.page.as_uri() + "#q=nosuchtensor")
        self.assertEqual(self.browser.value(SHOWN), 0)
        self.browser.open(self.page.as_uri() + "#q=%E0%A4%A")  # no UTF-8
        self.assertEqual(self.browser.value(SHOWN), everything)
        self.assertEqual(self.browser.complaints(), [])

    def test_roles_are_a_filter(self):
        self.browser.open(self.page.as_uri())
        everything = self.browser.value(SHOWN)
        kinds = self.browser.value("[...document.getElementById('role').options].map((o) => o.value)")
        self.assertEqual(kinds[0], "")
        self.assertIn("query", kinds)
        self.browser.value("role.value = 'query'; role.dispatchEvent(new Event('change'))")
        self.assertTrue(0 < self.browser.value(SHOWN) < everything)

    def test_order(self):
        self.browser.open(self.page.as_uri())
        first = "document.querySelector('#tensors tbody tr').cells[4].dataset.value"
        button = "[...document.querySelectorAll('#tensors thead button')].find((b) => b.textContent == 'bytes')"
        sizes = self.browser.value("[...document.querySelectorAll('#tensors tbody tr')]"
                                   ".map((r) => Number(r.cells[4].dataset.value))")
        self.browser.value(f"{button}.focus()")
        self.browser.press("Enter", "\r")
        self.assertEqual(float(self.browser.value(first)), max(sizes))
        self.assertEqual(self.browser.value(f"{button}.parentElement.getAttribute('aria-sort')"),
                         "descending")
        self.browser.press("Enter", "\r")
        self.assertEqual(float(self.browser.value(first)), min(sizes))

    def test_keyboard(self):
        self.browser.open(self.page.as_uri())
        self.browser.press("Tab")
        self.assertEqual(self.browser.value("document.activeElement.textContent"),
                         "Skip to the content")
        self.browser.press("/", "/")
        self.assertEqual(self.browser.value("document.activeElement.id"), "query")
        self.assertEqual(self.browser.value("document.activeElement.value"), "")
        outline = self.browser.value("getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")

    def test_names_are_no_markup(self):
        self.browser.open(self.evil.as_uri())
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.value("document.images.length"), 0)
        self.assertEqual(self.browser.value("document.querySelector('h1').textContent"), EVIL)
        self.assertEqual(self.browser.value("document.scripts.length"), 1)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    COMMAND = browser.find()
    if COMMAND is None:
        print("page_test: no Chromium is installed (Debian: chromium); the page is not looked at")
        sys.exit(77)
    PROGRAM = pathlib.Path(sys.argv[1])
    GOLDEN = pathlib.Path(sys.argv[2])
    SCREENSHOTS = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    unittest.main(argv=sys.argv[:1], verbosity=1)
