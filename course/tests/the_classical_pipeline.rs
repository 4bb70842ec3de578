use std::sync::LazyLock;

#[path = "../06-the-classical-pipeline/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

use switchnet::analysis::Exactness;

#[test]
fn one_linear_map_stands_for_all_stages() {
    assert_eq!(FOUND.map.exactness, Exactness::Exact);
    // Three layers of weights, with sums of 9, 54 and 48 products.
    assert!(FOUND.map.residual.relative <= 1e-14, "{:?}", FOUND.map.residual);
    for (k, row) in FOUND.map.a.rows().into_iter().enumerate() {
        let size: f64 = (&row * &FOUND.x).mapv(f64::abs).sum() + FOUND.map.c[k].abs();
        let gap = row.dot(&FOUND.x) + FOUND.map.c[k] - FOUND.map.y[k];
        assert!(gap.abs() <= 64.0 * f64::EPSILON * size, "class {k}: {gap:e}");
    }
    let (a, c) = &FOUND.product;
    let largest = FOUND.map.a.fold(0.0_f64, |most, v| most.max(v.abs()));
    let gap = (a - &FOUND.map.a).fold(0.0_f64, |most, v| most.max(v.abs()));
    assert!(gap <= 64.0 * f64::EPSILON * largest, "{gap:e}");
    let gap = (c - &FOUND.map.c).fold(0.0_f64, |most, v| most.max(v.abs()));
    assert!(gap <= 64.0 * f64::EPSILON * largest.max(1.0), "{gap:e}");
}

/// A pool is a matrix of zeros and ones, with a single one in each row: where the largest of the window
/// stands.
#[test]
fn a_pool_connects_the_largest_of_each_window() {
    for pool in program::POOLS {
        let (before, stage) = (&FOUND.stages[pool - 1], &FOUND.stages[pool]);
        assert!(stage.map.a.iter().all(|&v| v == 0.0 || v == 1.0));
        assert!(stage.map.a.rows().into_iter().all(|row| row.sum() == 1.0));
        assert!(stage.map.c.iter().all(|&c| c == 0.0));
        let winners = program::winners(&stage.map);
        assert_eq!(winners.len(), stage.output.len());
        let width = before.shape[2];
        let mut units = Vec::new();
        for (output, &winner) in winners.iter().enumerate() {
            assert_eq!(before.output[winner], stage.output[output]);
            let (row, column) = (output / (width / 2), output % (width / 2));
            let corner = 2 * row * width + 2 * column;
            let window = [corner, corner + 1, corner + width, corner + width + 1];
            let place = window.iter().position(|&i| i == winner);
            units.push(4 * output + place.expect("the winner is in its window"));
            assert!(window.iter().all(|&i| before.output[i] <= before.output[winner]));
        }
        // The analysis counts the same winners as open switches, window by window, and those with an equal beside them as none.
        let switches = &stage.map.pattern;
        assert_eq!(switches.len(), before.output.len());
        let open = |winner: usize| switches.open[0][winner];
        let tied = |winner: usize| switches.boundary.iter().any(|unit| unit.unit == winner);
        assert!(units.iter().all(|&winner| open(winner) != tied(winner)));
        assert_eq!(switches.open_count(), units.iter().filter(|&&winner| open(winner)).count());
    }
    for moved in FOUND.moved {
        assert!(moved > 0.05, "{moved}: fixed winners would be no switches");
    }
}

/// Behind the first pool a unit sees the filter at one place, or nothing.
#[test]
fn a_pooled_unit_sees_one_filter_at_the_place_picked() {
    let filter = |row: ndarray::ArrayView1<'_, f64>| row.iter().filter(|&&v| v != 0.0).count();
    let seen: Vec<usize> = FOUND.pooled.rows().into_iter().map(filter).collect();
    assert_eq!(seen.len(), 16);
    assert!(seen.iter().all(|&count| count <= 9), "{seen:?}");
    assert!(seen.contains(&9), "{seen:?}");
    for (unit, &count) in seen.iter().enumerate() {
        assert_eq!(count > 0, FOUND.stages[program::POOLS[0]].output[unit] > 0.0, "unit {unit}");
    }
}

#[test]
fn the_pictures_have_every_stage_and_class() {
    let stages = program::stages_picture(&FOUND).unwrap();
    for name in ["conv 3×3: 6 of 8×8", "max-pool 2×2: 12 of 2×2", "logits", "softmax"] {
        assert!(stages.contains(name), "{name}");
    }
    assert!(program::map_picture(&FOUND).unwrap().contains("effective weights"));
}
