//! Images of one's own: to train with, to look at, to predict.

use crate::place::{Place, write_grays};
use ndarray::{Array1, Array2, Array3, array};
use std::path::Path;

/// Eight by eight pixels: a light bar on a dark ground, lying or standing, and its place.
fn bar(standing: bool, place: usize) -> Vec<u8> {
    let light = |i: usize| if standing { i % 8 == place } else { i / 8 == place };
    (0..64).map(|i| if light(i) { 255 } else { 0 }).collect()
}

fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// Sixteen bars four times, as an archive and as IDX files, and a net that tells lying from standing ones.
fn trained() -> Place {
    let place = Place::new();
    let bars: Vec<u8> = (0..64).flat_map(|i| bar(i % 2 == 1, i / 2 % 8)).collect();
    let kinds: Vec<u8> = (0..64).map(|i| i % 2).collect();
    place.write("bar-images.idx3-ubyte", idx(&[64, 8, 8], &bars));
    place.write("bar-labels.idx1-ubyte", idx(&[64], &kinds));
    let mut archive =
        ndarray_npy::NpzWriter::new(std::fs::File::create(place.path("bars.npz")).unwrap());
    let x = Array3::from_shape_vec((64, 8, 8), bars).unwrap();
    archive.add_array("x", &x).unwrap();
    archive.add_array("y", &Array1::from(kinds).mapv(i64::from)).unwrap();
    archive.finish().unwrap();
    place.succeeds(
        "train --data bar-images.idx3-ubyte --test-data bar-images.idx3-ubyte --net mlp --hidden 16 \
         --epochs 30 --batch 8 --validation 0 --seed 1",
    );
    place
}

/// A transparent picture: strokes of one gray, and how opaque it is.
fn write_transparent(path: &Path, gray: u8, alpha: &[u8]) {
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), 8, 8);
    encoder.set_color(png::ColorType::GrayscaleAlpha);
    let pixels: Vec<u8> = alpha.iter().flat_map(|&a| [gray, a]).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
}

/// A JPEG file of 16 × 8 pixels: two blocks, each of one gray, or of one brightness and two color differences.
fn jpeg(blocks: [&[u8]; 2]) -> Vec<u8> {
    let count = blocks[0].len() as u8;
    let segment = |mark: u8, bytes: &[u8]| {
        [&[0xFF, mark][..], &(bytes.len() as u16 + 2).to_be_bytes(), bytes].concat()
    };
    let mut file = vec![0xFF, 0xD8];
    file.extend(segment(0xDB, &[&[0][..], &[8; 64]].concat())); // a step of the mean is a step of the pixels
    let components: Vec<u8> = (1..=count).flat_map(|i| [i, 0x11, 0]).collect();
    file.extend(segment(0xC0, &[&[8, 0, 8, 0, 16, count][..], &components].concat()));
    // Means: how many bits they have, in four bits. All else: nothing, in two bits.
    let categories: Vec<u8> = (0..=11).collect();
    let lengths = |bits: usize, codes: u8| {
        (1..=16).map(|b| if b == bits { codes } else { 0 }).collect::<Vec<u8>>()
    };
    file.extend(segment(0xC4, &[&[0x00][..], &lengths(4, 12), &categories].concat()));
    file.extend(segment(0xC4, &[&[0x10][..], &lengths(2, 1), &[0]].concat()));
    let components: Vec<u8> = (1..=count).flat_map(|i| [i, 0]).collect();
    file.extend(segment(0xDA, &[&[count][..], &components, &[0, 63, 0]].concat()));
    let mut bits = String::new();
    let mut before = vec![0; blocks[0].len()];
    for block in blocks {
        for (&value, before) in block.iter().zip(&mut before) {
            let mean = i32::from(value) - 128;
            let change = mean - *before;
            *before = mean;
            let length = (32 - change.unsigned_abs().leading_zeros()) as usize;
            bits += &format!("{length:04b}");
            if length > 0 {
                let code = if change < 0 { change + (1 << length) - 1 } else { change };
                bits += &format!("{code:0length$b}");
            }
            bits += "00";
        }
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    for byte in bits.as_bytes().chunks(8) {
        let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
        file.push(byte);
        if byte == 0xFF {
            file.push(0);
        }
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// The input that `inspect` saw, in the units of the data.
fn seen(place: &Place, arguments: &str) -> (Vec<f64>, String) {
    let outcome = place.run(&format!("inspect out/net.safetensors --out seen {arguments}"));
    assert_eq!(outcome.code, Some(0), "{arguments}\n{}", outcome.err);
    let mut npz =
        ndarray_npy::NpzReader::new(std::fs::File::open(place.path("seen/inspect.npz")).unwrap())
            .unwrap();
    let x: Array1<f64> = npz.by_name("x").unwrap();
    // All pixels together have one mean and one deviation; an eighth of them is 255 and the others are 0.
    let (mean, deviation) = (255.0 / 8.0, 255.0 * (1.0f64 / 8.0 * 7.0 / 8.0).sqrt());
    (x.iter().map(|x| (x * deviation + mean).round()).collect(), outcome.err)
}

fn numbers(pixels: &[u8]) -> Vec<f64> {
    pixels.iter().copied().map(f64::from).collect()
}

#[test]
fn files_of_images_are_data() {
    let place = trained();
    let out = place.succeeds("evaluate out/net.safetensors");
    assert!(out.contains("test: 64 rows") && out.contains("accuracy 100.00 %"), "{out}");
    // Another file is evaluated as a whole, and its classes are found by their names.
    let out = place.succeeds("evaluate out/net.safetensors --data bars.npz");
    assert!(out.contains("all: 64 rows") && out.contains("accuracy 100.00 %"), "{out}");
    let mut x = Array2::<f64>::zeros((3, 64));
    x.row_mut(1).assign(&Array1::from(numbers(&bar(false, 3))));
    ndarray_npy::write_npy(place.path("x.npy"), &x).unwrap();
    ndarray_npy::write_npy(place.path("y.npy"), &array![0i32, 0, 7]).unwrap();
    place.fails(
        "evaluate out/net.safetensors --data x.npy --labels y.npy",
        &["x: classes: expected among 0, 1, found 0, 7"],
    );
    ndarray_npy::write_npy(place.path("y.npy"), &array![0i32, 0, 0]).unwrap();
    let out = place.succeeds("evaluate out/net.safetensors --data x.npy --labels y.npy");
    assert!(out.contains("all: 3 rows"), "{out}");
    // Inputs alone are predicted.
    let outcome = place.run("predict out/net.safetensors --data x.npy --out p.csv");
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    assert!(
        place.read("p.csv").lines().nth(2).unwrap().starts_with("1,0,0.9"),
        "{}",
        place.read("p.csv")
    );
    place.succeeds("predict out/net.safetensors --data bar-images.idx3-ubyte --out p.csv");
    assert_eq!(place.read("p.csv").lines().count(), 65);
    let out =
        place.succeeds("train --data bars.npz --epochs 1 --net mlp --out out/other.safetensors");
    assert!(out.contains("test:"), "{out}");
    for (wrong, parts) in [
        (
            "--data bars.npz --label y",
            &["--label: expected with a CSV file", "found with bars.npz"][..],
        ),
        ("--data digits --labels y.npy", &["--labels: expected with files as --data", "digits"]),
        ("--data bars.npz --set letters", &["bars.npz: set: expected none of a single file"]),
        ("--data x.npy", &["x.npy: labels: expected the name of their file"]),
        ("--data spirals --test-data x.npy", &["--test-data: expected with files as", "spirals"]),
    ] {
        place.fails(&format!("train {wrong}"), parts);
    }
}

#[test]
fn an_input_comes_from_an_archive_or_is_typed() {
    let place = trained();
    let row = numbers(&bar(true, 5));
    let mut archive =
        ndarray_npy::NpzWriter::new(std::fs::File::create(place.path("some.npz")).unwrap());
    archive.add_array("five", &Array1::from(row.clone()).mapv(|v| v as i64)).unwrap();
    archive.add_array("two", &array![1.0, 2.0]).unwrap();
    archive.finish().unwrap();
    assert_eq!(seen(&place, "--input some.npz:five"), (row.clone(), String::new()));
    let text: Vec<String> = row.iter().map(f64::to_string).collect();
    assert_eq!(seen(&place, &format!("--values-of {}", text.join(","))).0, row);
    let inspect = "inspect out/net.safetensors --out none";
    for (wrong, parts) in [
        ("--input some.npz", &["some.npz: expected the name of an array", "five, two"][..]),
        ("--input some.npz:six", &["array: expected one of five, two, found six"]),
        (
            "--input some.npz:two",
            &["some.npz:two: expected 64 numbers, of shape [1, 8, 8], found 2"],
        ),
        ("--values-of -1,2", &["--values-of: expected 64 numbers", "found 2"]),
        (
            "--input some.npz:five --invert",
            &["--invert: expected with a picture as an input, found with another file"],
        ),
        (
            "--index 3 --resize",
            &["--resize: expected with a picture as an input, found with a row of the data"],
        ),
    ] {
        place.fails(&format!("{inspect} {wrong}"), parts);
    }
    assert_eq!(place.run(&format!("{inspect} --values-of 1 --index 2")).code, Some(2));
    assert_eq!(place.run(&format!("{inspect} --values-of 1,x")).code, Some(2));
}

/// What a net was trained with decides what dark and light are.
#[test]
fn pictures_are_read_as_the_data_are() {
    let place = trained();
    let pixels = bar(false, 2);
    let inverted: Vec<u8> = pixels.iter().map(|v| 255 - v).collect();
    write_grays(&place.path("a.png"), [8, 8], &pixels);
    assert_eq!(seen(&place, "--input a.png"), (numbers(&pixels), String::new()));
    write_grays(&place.path("dark.png"), [8, 8], &inverted);
    let (x, said) = seen(&place, "--input dark.png");
    assert_eq!(x, numbers(&inverted));
    assert_eq!(
        said,
        "dark.png: dark and light look exchanged beside the data (--invert exchanges them)\n"
    );
    assert_eq!(seen(&place, "--input dark.png --invert"), (numbers(&pixels), String::new()));
    assert!(seen(&place, "--input a.png --invert").1.contains("(without --invert)"));

    // Strokes on a transparent ground.
    write_transparent(&place.path("light.png"), 255, &pixels);
    let (x, said) = seen(&place, "--input light.png");
    assert_eq!(x, numbers(&pixels));
    assert_eq!(
        said,
        "light.png: is transparent and read over black (--background white for dark strokes)\n"
    );
    assert_eq!(
        seen(&place, "--input light.png --background black"),
        (numbers(&pixels), String::new())
    );
    write_transparent(&place.path("black.png"), 0, &pixels);
    place.fails(
        "inspect out/net.safetensors --input black.png",
        &["black.png: the transparent picture over black: expected something to be seen, found one color (--background white)"],
    );
    let (x, said) = seen(&place, "--input black.png --background white");
    assert_eq!(x, numbers(&inverted));
    assert!(said.contains("--invert exchanges them"), "{said}");
    assert_eq!(
        seen(&place, "--input black.png --background white --invert"),
        (numbers(&pixels), String::new())
    );
    write_transparent(&place.path("opaque.png"), 0, &[255; 64]);
    assert_eq!(seen(&place, "--input opaque.png"), (vec![0.0; 64], String::new()));

    // Other sizes.
    let twice: Vec<u8> = (0..256).map(|i| pixels[i / 32 * 8 + i % 16 / 2]).collect();
    write_grays(&place.path("large.png"), [16, 16], &twice);
    place.fails(
        "inspect out/net.safetensors --input large.png",
        &["large.png: size of the picture: expected 8×8, found 16×16 (--resize makes it fit)"],
    );
    let (x, said) = seen(&place, "--input large.png --resize");
    assert_eq!((x, said.as_str()), (numbers(&pixels), "large.png: resized from 16×16 to 8×8\n"));
    // A header that claims more is not believed.
    let mut bytes = std::fs::read(place.path("large.png")).unwrap();
    bytes[16..20].copy_from_slice(&0x7FFF_FFFFu32.to_be_bytes());
    let crc = {
        let mut crc = u32::MAX;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            (0..8).for_each(|_| crc = crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 });
        }
        !crc
    };
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    place.write("huge.png", &bytes);
    place.fails("inspect out/net.safetensors --input huge.png", &["found 16×2147483647"]);
    place.fails(
        "inspect out/net.safetensors --input huge.png --resize",
        &["huge.png: size of the picture: expected at most 67108864 pixels, found 16×2147483647"],
    );
}

#[test]
fn jpeg_files_are_pictures() {
    let place = trained();
    place.write("gray.jpg", jpeg([&[200], &[40]]));
    place.fails(
        "inspect out/net.safetensors --input gray.jpg",
        &["gray.jpg: size of the picture: expected 8×8, found 8×16"],
    );
    let (x, _) = seen(&place, "--input gray.jpg --resize");
    assert_eq!(x, [[200.0; 4], [40.0; 4]].as_flattened().repeat(8));
    // Without color differences colors are grays.
    place.write("color.jpg", jpeg([&[200, 128, 128], &[40, 128, 128]]));
    let (of_colors, _) = seen(&place, "--input color.jpg --resize");
    assert!(of_colors.iter().zip(&x).all(|(a, b)| (a - b).abs() <= 1.0), "{of_colors:?}");
    // Full of red, whose part of brightness is 0.2126.
    place.write("red.jpg", jpeg([&[76, 85, 255]; 2]));
    let (red, _) = seen(&place, "--input red.jpg --resize");
    assert!(red.iter().all(|v| (v - 0.2126 * 255.0).abs() < 3.0), "{red:?}");
    let whole = jpeg([&[200], &[40]]);
    // A camera that was held upright, and one that was not.
    for (held, order) in [(1, "II"), (6, "II"), (6, "MM")] {
        let two = |n: u16| if order == "II" { n.to_le_bytes() } else { n.to_be_bytes() };
        let four = |n: u32| if order == "II" { n.to_le_bytes() } else { n.to_be_bytes() };
        let (head, entry) = (two(42), [two(0x0112), two(3)].concat());
        let exif = [&head[..], &four(8), &two(1), &entry, &four(1), &two(held), &[0; 6]].concat();
        let exif = [b"\xFF\xE1\0\x22Exif\0\0", order.as_bytes(), &exif].concat();
        place.write("held.jpg", [&whole[..2], &exif, &whole[2..]].concat());
        let (seen, said) = seen(&place, "--input held.jpg --resize");
        assert_eq!((seen == x, said.contains("read as it is stored")), (true, held == 6), "{said}");
    }
    for length in [3, 20, 90, whole.len() - 5] {
        place.write("cut.jpg", &whole[..length]);
        place.fails("inspect out/net.safetensors --input cut.jpg --resize", &["cut.jpg: JPEG: "]);
    }
}

#[test]
fn folders_of_pictures_are_predicted_by_their_files() {
    let place = trained();
    std::fs::create_dir(place.path("new")).unwrap();
    for (name, standing) in [("b.png", true), ("a.png", false), ("c, d.png", true)] {
        write_grays(&place.path(&format!("new/{name}")), [8, 8], &bar(standing, 4));
    }
    place.write("new/notes.txt", "no picture");
    let outcome = place.run("predict out/net.safetensors --data new --out p.csv --maps w.csv");
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    assert!(outcome.out.starts_with("Wrote 3 predictions to p.csv."), "{}", outcome.out);
    let text = place.read("p.csv");
    let lines: Vec<&str> = text.lines().collect();
    let file = |name: &str| Path::new("new").join(name).display().to_string();
    assert_eq!(lines[0], "file,class,p(0),p(1)");
    assert!(lines[1].starts_with(&format!("{},0,0.9", file("a.png"))), "{text}");
    assert!(lines[2].starts_with(&format!("{},1,0.", file("b.png"))), "{text}");
    assert!(lines[3].starts_with(&format!("\"{}\",1,", file("c, d.png"))), "{text}");
    assert!(place.read("w.csv").lines().nth(3).unwrap().starts_with("\"new"));
    place.succeeds("predict out/net.safetensors --data new/b.png --out p.csv");
    assert_eq!(place.read("p.csv").lines().nth(1).unwrap(), lines[2]);
    // One line for all that are alike.
    let dark: Vec<u8> = bar(true, 4).iter().map(|v| 255 - v).collect();
    for name in ["new/b.png", "new/a.png"] {
        write_grays(&place.path(name), [8, 8], &dark);
    }
    let outcome = place.run("predict out/net.safetensors --data new --out p.csv");
    assert!(outcome.err.ends_with("a.png and 1 more: dark and light look exchanged beside the data (--invert exchanges them)\n"), "{}", outcome.err);
    write_grays(&place.path("new/b.png"), [9, 8], &[0; 72]);
    place.fails(
        "predict out/net.safetensors --data new",
        &["b.png: size of the picture: expected 8×8, found 8×9"],
    );
    place.fails(
        "predict out/net.safetensors --data bars.npz --invert",
        &["--invert: expected with pictures as --data"],
    );
    place.fails(
        "train --data new/a.png",
        &["--data: expected files with labels, found a picture, new"],
    );
}
