//! How good a net is, in words.

use ndarray::Axis;
use switchnet::data::{Dataset, Preparation, Targets};
use switchnet::train::Metrics;

/// The loss; of classes the accuracy and how many rows are wrong; of values the root mean square error, in the units of
/// the target, and the part `R²` of the variance of `data` that the net explains, if these are in memory.
pub fn line(score: &Metrics, data: Option<&Dataset<f32>>, preparation: &Preparation) -> String {
    let loss = format!("loss {:.6}", score.mean_loss());
    if let Some(accuracy) = score.accuracy() {
        let wrong = score.rows - score.correct.unwrap_or(0.0);
        return format!("{loss}  accuracy {:.2} %  {wrong} wrong", 100.0 * accuracy);
    }
    let scale = preparation.targets.as_ref().map_or(1.0, |targets| targets.scale()[0]);
    // The loss is half the squared error.
    let error = 2.0 * score.mean_loss();
    match data.map(Dataset::targets) {
        Some(Targets::Values(values)) if values.ncols() == 1 => {
            let values = values.mapv(f64::from);
            let variance = values.var_axis(Axis(0), 0.0)[0];
            let explained = match variance > 0.0 {
                true => format!("  R² {:.4}", 1.0 - error / variance),
                false => String::new(),
            };
            format!("{loss}  RMSE {:.6}{explained}", scale * error.sqrt())
        }
        None if preparation.targets.as_ref().is_some_and(|targets| targets.inputs() == 1) => {
            format!("{loss}  RMSE {:.6}", scale * error.sqrt())
        }
        _ => loss,
    }
}
