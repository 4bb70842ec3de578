//! The region of one input, lines, planes and boxes: where maps change, how far that is, what is best inside.

pub(in crate::analysis) mod adversarial;
pub(in crate::analysis) mod boxes;
pub(in crate::analysis) mod margin;
#[cfg(feature = "optimum")]
pub(in crate::analysis) mod optimum;
mod peers;
pub(in crate::analysis) mod ray;
pub(in crate::analysis) mod slice;
mod words;

pub use adversarial::{Adversarial, adversarial};
pub use boxes::property::{
    Condition, Property, PropertyCase, Verdict, Verification, Violation, verify,
};
pub use boxes::{
    BoxBudget, BoxProgress, BoxRegion, BoxRegions, THIN, regions_in_box, regions_in_box_among,
};
pub use margin::{Decision, Margin, NearestBoundary, Rival, boundary_distances, margin, margins};
#[cfg(feature = "optimum")]
#[cfg_attr(docsrs, doc(cfg(feature = "optimum")))]
pub use optimum::{
    Counterfactual, Optimum, OptimumProgress, Point, Status, TOLERANCE, Within, counterfactual,
    counterfactual_watched, region_optimum, region_optimum_watched,
};
pub use peers::Peers;
pub use ray::{
    Breakpoint, Crossing, Flip, IntegratedGradients, Jump, Ray, RayProgress, Segment,
    integrated_gradients, jump, jumps, ray, ray_watched,
};
pub use slice::{
    Border, Limit, Plane, Polygon, Slice, SliceBudget, SliceProgress, Window, slice, slice_among,
};
