//! How good a net is, in numbers and in words.

use super::device::Gpu;
use super::ranks::Job;
use anyhow::Result;
use ndarray::{ArrayView2, Axis};
use switchnet::analysis::{SwitchPatterns, SwitchStatistics};
use switchnet::data::{Batches, Dataset, Preparation, Targets};
use switchnet::net::{Net, chunk_rows};
use switchnet::train::{Loss, Metrics, evaluate_batches, evaluate_chunks};

/// The metrics of a net on rows, computed by a GPU if there is one. Else each process takes some: they are those of all on the
/// first one, and none on the others.
pub fn of(
    job: &Job,
    gpu: Option<&Gpu>,
    net: &Net<f32>,
    loss: Loss,
    rows: &dyn Batches<f32>,
) -> Result<Option<Metrics>> {
    if let Some(gpu) = gpu {
        return Ok(Some(gpu.score(net, loss, rows)?));
    }
    if job.size() == 1 {
        return Ok(Some(evaluate_batches(net, loss, rows)?));
    }
    let own = job.share(rows.rows().div_ceil(chunk_rows(net)));
    let own = job.together(evaluate_chunks(net, loss, rows, own).map_err(Into::into))?;
    let own: Vec<f64> = own.into_iter().flat_map(Metrics::numbers).collect();
    let all = job.collected(&own);
    Ok(all.map(|all| {
        let mut sum = Metrics::default();
        let (parts, _) = all.as_chunks();
        parts.iter().for_each(|&part| sum += Metrics::of_numbers(part));
        sum
    }))
}

/// The switches of a net on rows, of which each process takes some: counted on the first one, and not on the others.
pub fn switches(
    job: &Job,
    net: &Net<f32>,
    x: ArrayView2<'_, f32>,
) -> Result<Option<SwitchStatistics>> {
    let rows = chunk_rows(net);
    let own = job.share(x.nrows().div_ceil(rows));
    let own = own.start * rows..x.nrows().min(own.end * rows);
    let patterns = job.together(SwitchPatterns::of(net, x, own).map_err(Into::into))?;
    if job.size() == 1 {
        return Ok(Some(patterns.statistics()));
    }
    let all = job.collected(patterns.words());
    Ok(all.map(|words| patterns.joined(words, x.nrows()).statistics()))
}

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
