//! The page as a file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use switchnet_page::{MODULE, PageNet, Samples, page};

/// The text between the tags of the element with this id.
fn element<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap();
    rest.split_once("</script>").unwrap().0
}

fn unpacked(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&STANDARD.decode(text).unwrap()[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

fn samples() -> Samples {
    Samples {
        name: "three".into(),
        shape: vec![2],
        form: "table".into(),
        features: Some(vec!["a".into(), "</script><script>alert(1)".into()]),
        values: vec![1.0, -2.5, 3.25, f32::MIN_POSITIVE, 0.1, 7.0],
        labels: Some(vec![0.0, 2.0, 1.0]),
        range: [-2.5, 7.0],
        ranges: Some(vec![[0.1, 3.25], [-2.5, 7.0]]),
    }
}

#[test]
fn what_was_put_in_is_in_it() {
    let nets = [("first", b"one".to_vec()), ("second", vec![0, 255, 7])];
    let nets = nets.map(|(name, file)| PageNet { name: name.into(), from: "checkpoint", file });
    let samples = samples();
    let page = page("a title", &nets, &samples);
    assert!(page.contains("<title>a title</title>") && !page.contains("{{"));
    assert_eq!(unpacked(element(&page, "module")), MODULE);
    let data: Value = serde_json::from_str(element(&page, "data")).unwrap();
    assert_eq!((&data["version"], &data["title"]), (&1.into(), &"a title".into()));
    for (net, found) in nets.iter().zip(data["nets"].as_array().unwrap()) {
        assert_eq!((&found["name"], &found["from"]), (&(*net.name).into(), &"checkpoint".into()));
        assert_eq!(unpacked(found["file"].as_str().unwrap()), net.file);
    }
    let values = unpacked(data["samples"]["values"].as_str().unwrap());
    let values: Vec<f32> = values.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    assert_eq!((values, samples.count()), (samples.values, 3));
    assert_eq!(data["samples"]["labels"][1], 2.0);
}

/// A page is sent by mail: the module takes 600 KiB of it at most, before the text that it becomes. What lets nets in
/// single precision into it, say, takes as much again as a Fourier transform.
#[test]
fn the_module_is_small() {
    let page = page("small", &[], &samples());
    let packed = STANDARD.decode(element(&page, "module")).unwrap().len();
    assert!(packed <= 600 << 10, "{packed} bytes, packed");
}

/// Names end no element and begin none, and are not taken for places of the template.
#[test]
fn hostile_names_stay_names() {
    let hostile = "</script></title><img src=x onerror=alert(1)><!--{{data}}\u{2028}\"'&";
    let net = PageNet { name: hostile.into(), from: "onnx", file: Vec::new() };
    let plain = PageNet { name: "plain".into(), ..net.clone() };
    let [hostile_page, plain_page] =
        [(hostile, net), ("plain", plain)].map(|(title, net)| page(title, &[net], &samples()));
    for tag in ["<script", "</script", "<img", "<!--", "<title", "</title", "onerror"] {
        let [hostile, plain] = [&hostile_page, &plain_page].map(|page| page.matches(tag).count());
        let names = if tag == "onerror" { 4 } else { 0 };
        assert_eq!(hostile, plain + names, "{tag}");
    }
    assert!(
        hostile_page.contains("&lt;/script&gt;&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;")
    );
    let data: Value = serde_json::from_str(element(&hostile_page, "data")).unwrap();
    assert_eq!((&data["title"], &data["nets"][0]["name"]), (&hostile.into(), &hostile.into()));
    assert_eq!(data["samples"]["features"][1], "</script><script>alert(1)");
}

/// One file, and all of the program: nothing is asked of anybody else.
#[test]
fn it_needs_nothing_else_and_has_every_script() {
    let page = page("a title", &[], &samples());
    for (begins, what) in [("<script src", "scripts"), ("<link", "links"), ("@import", "styles")] {
        assert!(!page.contains(begins), "{what}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/page/web/app");
    let mut scripts = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains(text.as_str()), "{} is not in the list", path.display());
        assert!(!text.contains("</script"), "{} would end its element", path.display());
        scripts += 1;
    }
    assert!(scripts > 20, "only {scripts} scripts");
}
