use std::sync::LazyLock;

#[path = "../08-no-jump/main.rs"]
#[allow(dead_code)] // main
mod program;

static FOUND: LazyLock<program::Findings> = LazyLock::new(|| program::run(true).unwrap());

#[test]
fn outputs_are_continuous_and_maps_jump_by_rank_one() {
    assert!(FOUND.jumps.len() >= 5, "{} switches", FOUND.jumps.len());
    let size =
        FOUND.ray.segments.iter().flat_map(|s| &s.value).fold(0.0_f64, |m, v| m.max(v.abs()));
    for (breakpoint, jump) in FOUND.ray.breakpoints.iter().zip(&FOUND.jumps) {
        // Sums of at most 64 terms, three layers deep, and the rounding of the place.
        assert!(breakpoint.continuity_error <= 1e-12 * size, "{:e}", breakpoint.continuity_error);
        assert_eq!(breakpoint.flips.len(), 1);
        // No more than one, and none where closed switches behind the unit stop all that it sends.
        assert!(jump.rank <= 1);
        assert_eq!(jump.rank == 1, jump.largest > 1e-9, "{jump:?}");
    }
    assert!(FOUND.jumps.iter().filter(|jump| jump.rank == 1).count() >= 5);
}

#[test]
fn the_norms_have_a_step_for_each_segment() {
    assert!(FOUND.norms.iter().all(|norms| norms.len() == FOUND.ray.segments.len()));
    let steps = FOUND.norms[0].windows(2).filter(|w| (w[0] - w[1]).abs() > 1e-6).count();
    assert!(steps >= 5, "{steps}");
    assert!(program::picture(&FOUND).contains("The rows jump"));
}
