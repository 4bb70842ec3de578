#[path = "../../examples/08_no_jump.rs"]
#[allow(dead_code)] // main
mod example;

#[test]
fn outputs_are_continuous_and_maps_jump_by_rank_one() {
    let found = example::run(true).unwrap();
    assert!(found.jumps.len() >= 5, "{} switches", found.jumps.len());
    let size =
        found.ray.segments.iter().flat_map(|s| &s.value).fold(0.0_f64, |m, v| m.max(v.abs()));
    for (breakpoint, jump) in found.ray.breakpoints.iter().zip(&found.jumps) {
        // Sums of at most 64 terms, three layers deep, and the rounding of the place.
        assert!(breakpoint.continuity_error <= 1e-12 * size, "{:e}", breakpoint.continuity_error);
        assert_eq!(breakpoint.flips.len(), 1);
        // No more than one, and none where closed switches behind the unit stop all that it sends.
        assert!(jump.rank <= 1);
        assert_eq!(jump.rank == 1, jump.largest > 1e-9, "{jump:?}");
    }
    assert!(found.jumps.iter().filter(|jump| jump.rank == 1).count() >= 5);
}

#[test]
fn the_lengths_have_a_step_for_each_segment() {
    let found = example::run(true).unwrap();
    assert!(found.lengths.iter().all(|lengths| lengths.len() == found.ray.segments.len()));
    let steps = found.lengths[0].windows(2).filter(|w| (w[0] - w[1]).abs() > 1e-6).count();
    assert!(steps >= 5, "{steps}");
    assert!(example::picture(&found).contains("The rows jump"));
}
