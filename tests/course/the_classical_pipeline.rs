#[path = "../../examples/06_the_classical_pipeline.rs"]
#[allow(dead_code)] // main
mod example;

use switchnet::analysis::Exactness;

#[test]
fn one_linear_map_stands_for_all_stages() {
    let found = example::run(true).unwrap();
    assert_eq!(found.map.exactness, Exactness::Exact);
    // Three layers of weights, with sums of 9, 54 and 48 products.
    assert!(found.map.residual.relative <= 1e-14, "{:?}", found.map.residual);
    for (k, row) in found.map.a.rows().into_iter().enumerate() {
        let size: f64 = (&row * &found.x).mapv(f64::abs).sum() + found.map.c[k].abs();
        let gap = row.dot(&found.x) + found.map.c[k] - found.map.y[k];
        assert!(gap.abs() <= 64.0 * f64::EPSILON * size, "class {k}: {gap:e}");
    }
    let (a, c) = &found.product;
    let largest = found.map.a.fold(0.0_f64, |most, v| most.max(v.abs()));
    let gap = (a - &found.map.a).fold(0.0_f64, |most, v| most.max(v.abs()));
    assert!(gap <= 64.0 * f64::EPSILON * largest, "{gap:e}");
    let gap = (c - &found.map.c).fold(0.0_f64, |most, v| most.max(v.abs()));
    assert!(gap <= 64.0 * f64::EPSILON * largest.max(1.0), "{gap:e}");
}

/// A pool is a matrix of zeros and ones, with a single one in each row: where the largest of the window
/// stands.
#[test]
fn a_pool_connects_the_largest_of_each_window() {
    let found = example::run(true).unwrap();
    for pool in example::POOLS {
        let (before, stage) = (&found.stages[pool - 1], &found.stages[pool]);
        assert!(stage.map.a.iter().all(|&v| v == 0.0 || v == 1.0));
        assert!(stage.map.a.rows().into_iter().all(|row| row.sum() == 1.0));
        assert!(stage.map.c.iter().all(|&c| c == 0.0));
        let picks = example::picks(&stage.map);
        assert_eq!(picks.len(), stage.output.len());
        let width = before.shape[2];
        for (output, &pick) in picks.iter().enumerate() {
            assert_eq!(before.output[pick], stage.output[output]);
            let (row, column) = (output / (width / 2), output % (width / 2));
            let corner = 2 * row * width + 2 * column;
            let window = [corner, corner + 1, corner + width, corner + width + 1];
            assert!(window.contains(&pick), "{output}: {pick}");
            assert!(window.iter().all(|&i| before.output[i] <= before.output[pick]));
        }
        // The analysis counts the same picks as open switches, and those with an equal beside them as none.
        let switches = &stage.map.pattern;
        assert_eq!(switches.len(), before.output.len());
        let open = |pick: usize| switches.open[0][pick];
        let tied = |pick: usize| switches.boundary.iter().any(|unit| unit.unit == pick);
        assert!(picks.iter().all(|&pick| open(pick) != tied(pick)));
        assert_eq!(switches.open_count(), picks.iter().filter(|&&pick| open(pick)).count());
    }
    for moved in found.moved {
        assert!(moved > 0.05, "{moved}: fixed picks would be no switches");
    }
}

/// Behind the first pool a unit sees the filter at one place, or nothing.
#[test]
fn a_pooled_unit_sees_one_filter_at_the_place_picked() {
    let found = example::run(true).unwrap();
    let filter = |row: ndarray::ArrayView1<'_, f64>| row.iter().filter(|&&v| v != 0.0).count();
    let seen: Vec<usize> = found.pooled.rows().into_iter().map(filter).collect();
    assert_eq!(seen.len(), 16);
    assert!(seen.iter().all(|&count| count <= 9), "{seen:?}");
    assert!(seen.contains(&9), "{seen:?}");
    for (unit, &count) in seen.iter().enumerate() {
        assert_eq!(count > 0, found.stages[example::POOLS[0]].output[unit] > 0.0, "unit {unit}");
    }
}

#[test]
fn the_pictures_have_every_stage_and_class() {
    let found = example::run(true).unwrap();
    let stages = example::stages_picture(&found).unwrap();
    for name in ["conv 3×3: 6 of 8×8", "max-pool 2×2: 12 of 2×2", "logits", "softmax"] {
        assert!(stages.contains(name), "{name}");
    }
    assert!(example::map_picture(&found).unwrap().contains("effective weights"));
}
