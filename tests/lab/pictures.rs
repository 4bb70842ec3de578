//! Pictures of pixels: heat maps, effective maps, bands of on-rates.

use crate::made_up::results;
use crate::pixels::Picture;
use switchnet_lab::report::{self, Colors, heat_map};

#[test]
fn on_rates_are_drawn_as_bands() {
    let picture = report::switch_map(&[vec![0.0, 1.0], vec![0.5]]).unwrap();
    let picture = Picture::read(&picture);
    assert_eq!(picture.pixel(0, 0), [0, 0, 0, 255]);
    assert_eq!(picture.pixel(picture.width - 1, 0), [255; 4]);
    let below = picture.height - 1;
    assert_eq!(picture.pixel(0, below), [128, 128, 128, 255]);
    assert_eq!(picture.pixel(picture.width - 1, below), [0; 4]);
    assert!(report::switch_map(&[]).is_err());
}

#[test]
fn heat_maps_have_the_right_colors_in_the_right_places() {
    let decode = |png: Vec<u8>| Picture::read(&png);
    let values = [-2.0, 0.0, 2.0, 1.0];
    let picture = decode(heat_map(&values, &[2, 2], 3, Colors::diverging(&values)).unwrap());
    assert_eq!((picture.width, picture.height), (6, 6));
    let color = |x: usize, y: usize| picture.pixel(x, y);
    let ([r, _, b, _], white) = (color(0, 0), color(3, 0));
    assert!(b > 150 && r < 60, "the least is blue");
    assert_eq!(white, [255; 4], "zero is white");
    let [r, _, b, _] = color(0, 3);
    assert!(r > 150 && b < 60, "the largest is red");
    let [r, g, b, _] = color(5, 5);
    assert!(r > 200 && g > 100 && g == b.min(g), "half of it is pale red");
    assert!((0..3).all(|x| (0..3).all(|y| color(x, y) == color(0, 0))), "a number is a square");

    let gray = decode(heat_map(&values, &[1, 2, 2], 1, Colors::gray(&values)).unwrap());
    assert_eq!(gray.pixel(0, 0), [0, 0, 0, 255]);
    assert_eq!(gray.pixel(0, 1), [255; 4]);
    // All equal, all zero.
    let zeros = [0.0; 4];
    let flat = decode(heat_map(&zeros, &[2, 2], 1, Colors::diverging(&zeros)).unwrap());
    assert!(flat.pixels.iter().all(|p| *p == [255; 4]));
    let flat = decode(heat_map(&zeros, &[2, 2], 1, Colors::gray(&zeros)).unwrap());
    assert!(flat.pixels.iter().all(|p| *p == [128, 128, 128, 255]));

    // Two channels side by side with a column between; five features in a grid of 3 × 2.
    let two = heat_map(&[1.0, 1.0, -1.0, -1.0], &[2, 2, 1], 1, Colors::Diverging { largest: 1.0 });
    let two = decode(two.unwrap());
    assert_eq!((two.width, two.height), (3, 2));
    assert_eq!(two.pixel(1, 0)[3], 0, "between channels nothing is drawn");
    assert!(two.pixel(0, 1)[0] > two.pixel(2, 1)[0]);
    let five = decode(heat_map(&[0.0; 5], &[5], 2, Colors::Diverging { largest: 1.0 }).unwrap());
    assert_eq!((five.width, five.height), (6, 4));
    assert_eq!((five.pixel(3, 3)[3], five.pixel(5, 3)[3]), (255, 0));

    let wrong = heat_map(&values, &[3, 2], 1, Colors::gray(&values)).unwrap_err().to_string();
    assert!(wrong.contains("expected 6, found 4"), "{wrong}");
    assert!(heat_map(&[], &[0], 1, Colors::gray(&[])).is_err());
    assert!(heat_map(&values, &[2, 2], 0, Colors::gray(&values)).is_err());
    assert!(heat_map(&values, &[2, 2], usize::MAX, Colors::gray(&values)).is_err());
}

#[test]
fn contact_sheets_frame_what_was_chosen() {
    let net = &results().nets[0];
    let sheet = report::contact_sheet(net, &[1, 2, 2]).unwrap();
    let sheet = Picture::read(&sheet);
    let has = |color: [u8; 3]| sheet.pixels.iter().filter(|p| p[..3] == color).count() > 100;
    assert!(has([178, 24, 43]) && has([33, 102, 172]), "weights in full colors");
    assert!(has([230, 159, 0]), "the class that was missed");
    let alone = report::map_picture(&[4], &[0.0; 4], &[vec![1.0; 4], vec![-1.0; 4]]).unwrap();
    assert!(Picture::read(&alone).width > 3 * 80);
    // Three channels side by side: ten outputs are in lines, under each other behind the input.
    let (x, weights) = ([0.0; 3 * 1024], vec![vec![1.0; 3 * 1024]; 10]);
    let color = Picture::read(&report::map_picture(&[3, 32, 32], &x, &weights).unwrap());
    let one = Picture::read(&report::map_picture(&[3, 32, 32], &x, &weights[..1]).unwrap());
    assert!(color.width <= 1200 && color.height > 2 * one.height, "{}", color.width);
    let red = |picture: &Picture| picture.pixels.iter().filter(|p| p[..3] == [178, 24, 43]).count();
    assert_eq!(red(&color), 10 * red(&one));
    assert!(report::contact_sheet(net, &[1, 3, 2]).is_err());
}
