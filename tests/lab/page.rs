//! The page, and the names of its parts and files.

use crate::made_up::{CLASSES, elements, results};
use std::collections::HashSet;
use switchnet_lab::report;

/// The page has paper of its own; a file has none but what it brings.
#[test]
fn charts_lie_on_the_paper_of_the_page() {
    let results = results();
    let page = report::page(&results, None).unwrap();
    let paper = "fill=\"#FFFFFF\" stroke=\"none\"/>";
    let curves = report::curves(&results);
    let first = curves.lines().nth(2).unwrap();
    assert!(first.starts_with("<rect ") && first.contains("width=\"6800\""), "{first}");
    assert!(first.contains(paper) && !page.contains(first));
    assert_eq!(page.matches("<g class=\"values\"").count(), 3 + results.nets.len() - 1);
}

/// The style sheet is that of every page, and then its own.
#[test]
fn the_style_is_that_of_every_page() {
    let report = report::page(&results(), None).unwrap();
    let live = switchnet_page::page("", &[], &switchnet_page::Samples::default());
    for page in [report, live] {
        let (_, style) = page.split_once("<style>\n").unwrap();
        assert!(style.starts_with(switchnet_style::STYLE));
        let (own, _) = style[switchnet_style::STYLE.len()..].split_once("</style>").unwrap();
        assert!(!own.contains(":root") && own.len() > 1000);
        // No color but those of the style of every page, and of weights on white.
        let own = own.replace("#2166ac, #fff, #b2182b", "");
        assert!(!own.contains(": #") && !own.contains("rgb("));
    }
}

/// The nets themselves are in another file, if there is one.
#[test]
fn the_page_leads_to_each_net() {
    let results = results();
    let links = |page: &str| page.matches("Play with the net itself").count();
    assert_eq!(links(&report::page(&results, None).unwrap()), 0);
    let page = report::page(&results, Some("\"live\".html")).unwrap();
    elements(&page);
    assert_eq!(links(&page), results.nets.len());
    for net in 0..results.nets.len() {
        assert!(page.contains(&format!("<a href=\"&quot;live&quot;.html#net={net}\">")), "{net}");
    }
}

#[test]
fn the_page_says_everything_and_is_safe_and_whole() {
    let results = results();
    let page = report::page(&results, None).unwrap();
    let elements = elements(&page);
    let count = |name: &str| elements.iter().filter(|e| *e == name).count();
    assert!(!page.contains("http") && !page.contains("@import"));
    // The script is ours and the last thing of the page: nothing waits for it.
    assert_eq!(count("script"), 1);
    let (before, script) = page.split_once("<script>\n").unwrap();
    assert!(before.ends_with("</main>\n") && script.ends_with("</script>\n</body>\n</html>\n"));
    assert!(script.contains("aria-sort") && !script.contains("alert"));
    // A row of each true class, over two seeds; who was never taken for another is a dot.
    assert_eq!(page.matches("<div class=\"scroll confusion\"").count(), results.nets.len());
    assert!(page.contains("test inputs, summed over 2 seeds."));
    for cells in [
        "<td class=\"right\" style=\"--part:87%\">6</td><td style=\"--part:50%\">2</td><td>·</td></tr>",
        "<td>·</td><td style=\"--part:4%\">4</td><td class=\"right\" style=\"--part:100%\">2,403</td></tr>",
    ] {
        assert!(page.contains(cells), "{cells}");
    }
    let link = "<a href=\"checkpoints/net1 &quot;&amp;&quot; seed2.safetensors\">seed 2</a>";
    assert_eq!(page.matches(link).count(), results.nets.len());
    assert!(!page.contains("src=\"") || page.matches("src=\"").count() == count("img"));
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), count("img"));
    assert_eq!(page.matches(" alt=\"").count(), count("img"));
    let weights = page.matches(" alt=\"Effective weights of class ").count();
    let of_one = "for test input 0 in the net &lt;script&gt;";
    assert!(weights > 3 && page.contains(of_one), "pictures say of which net they are");
    let scales = page.matches("; effective weights ±").count();
    assert_eq!(scales, results.nets.iter().map(|net| net.examples.len()).sum::<usize>());
    let examples: usize = results.nets.iter().map(|net| net.examples.len()).sum();
    assert_eq!(count("img"), examples * (1 + CLASSES));
    assert_eq!((count("h1"), count("h3")), (1, results.nets.len()));
    // The net without switches has no plot of them.
    assert_eq!(count("svg"), 3 + results.nets.len() - 1);
    assert!(page.contains("lang=\"en\"") && page.contains("name=\"viewport\""));
    assert!(page.contains("<h3>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</h3>"));
    assert!(page.contains("<h3>Ünïcödé 網 &amp; &quot;net&quot; [31m</h3>"));
    assert!(page.contains("<h3>(no name)</h3>") && page.contains("<h3>dup  NET †</h3>"));
    for cell in ["1,234", "92.50 ± 3.54", "90.00 ± 0.00", "2/8", "–", "72.5", "1.25", "3e−16"]
    {
        assert!(page.contains(&format!("<td>{cell}</td>")), "no cell {cell}");
    }
    assert!(page.contains("<th scope=\"row\">0.01</th><td>75.00 ± 0.00</td><td>chosen</td>"));
    assert!(page.contains("data &amp; &lt;more&gt;"));
    let levels: Vec<usize> = elements
        .iter()
        .filter_map(|e| e.strip_prefix('h').and_then(|level| level.parse().ok()))
        .collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "headings {levels:?}");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<HashSet<_>>().len(), "{ids:?}");
    for id in ids {
        assert!(page.contains(&format!("href=\"#{id}\"")), "nothing leads to {id}");
    }
}

#[test]
fn slugs_are_plain_and_different() {
    let slugs = report::slugs(&results());
    let expected = ["script-alert-1-script", "n-c-d-net-31m", "net", "dup-net", "dup-net-2"];
    assert_eq!(slugs[..5], expected);
    assert!(slugs[5].len() <= 48 && slugs[5].starts_with("long-name-long"));
    // A number that makes one slug different must not make it another's.
    let mut results = results();
    for (net, name) in results.nets.iter_mut().zip(["a", "a 2", "A", "a!", "a-2", "a-2-2"]) {
        net.name = name.to_owned();
    }
    let slugs = report::slugs(&results);
    assert_eq!(slugs.iter().collect::<HashSet<_>>().len(), slugs.len(), "{slugs:?}");
}
