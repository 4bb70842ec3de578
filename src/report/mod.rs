//! stub
#![allow(missing_docs)]
use crate::experiment::Results;
pub fn write(_: &Results, _: &std::path::Path) -> crate::Result<Vec<std::path::PathBuf>> {
    Ok(vec![])
}
pub fn text_table(r: &Results) -> String {
    let mut s = String::new();
    for n in &r.nets {
        s += &format!(
            "{:22} {:6} {:7} rate {} {:.2}s acc {:.2} ± {:.2} never {:?} angle {:.1} len {:.2} res {:.1e} tried {:?}\n",
            n.name,
            n.summary.parameters,
            n.summary.multiply_adds,
            n.rate,
            n.seconds.mean,
            n.test_accuracy.mean * 100.,
            n.test_accuracy.deviation * 100.,
            n.runs.iter().map(|r| r.never_open).collect::<Vec<_>>(),
            n.runs[0].mean_angle,
            n.runs[0].mean_length,
            n.runs[0].worst_residual,
            n.rates
                .iter()
                .map(|r| (r.validation_accuracy.mean * 1e4).round() / 100.)
                .collect::<Vec<_>>()
        );
    }
    s += &format!("{:.1}s\n", r.seconds);
    s
}
pub fn map_picture(_: &[usize], _: &[f64], _: &[Vec<f64>]) -> crate::Result<Vec<u8>> {
    Ok(vec![])
}
