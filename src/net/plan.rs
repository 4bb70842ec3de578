//! How a graph is run, as plain data: what goes through the cache together, what reads what, what a step costs.

use super::graph::{Node, Op, parameters_of};
use super::sweeps;
use crate::layer::Signature;
use crate::scalar::Scalar;
use serde::Serialize;
use std::ops::Range;

/// The steps that run a graph, first step first.
///
/// A plan is made once, from the graph alone; tests read it without running anything, and
/// `switchnet summary --plan` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The value that the first step reads; 0 is the input of the net.
    pub from: usize,
    /// Features of an input row.
    pub inputs: usize,
    /// Features of an output row.
    pub outputs: usize,
    /// Parameters in all.
    pub parameters: usize,
    /// Rows that go through all steps together; see [`chunk_rows`](super::chunk_rows()).
    pub chunk_rows: usize,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// What is done.
    pub work: Work,
    /// The nodes that it covers.
    pub nodes: Range<usize>,
    /// The values it reads, and of each, whether nobody reads it afterwards.
    pub reads: Vec<(usize, bool)>,
    /// Features of an output row.
    pub width: usize,
    /// Where its parameters are among those of the plan.
    pub parameters: Range<usize>,
    /// The names of the nodes' layers.
    pub names: Vec<String>,
}

/// What a [`Step`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Work {
    /// A layer by itself.
    Layer,
    /// Scales, biases and a switch of each element, together with the transform behind them if `transform`.
    Sweep {
        /// Whether there is a transform.
        transform: bool,
    },
    /// A sum.
    Add,
    /// A concatenation.
    Concat,
}

/// Rows that go through a whole net together.
///
/// It depends on the net and never on the number of threads, so that sums over chunks are formed
/// in one order and every result has the same bits on one core and on many. Few rows keep a chunk
/// in the cache through all layers, so there are the fewer the more numbers a row has; a net with many
/// parameters wants more, because each chunk sweeps over all of them.
pub(super) fn chunk_rows(parameters: usize, widest: usize) -> usize {
    let most = if parameters > 100_000 { 64 } else { 32 };
    (CHUNK / widest.max(1)).clamp(1, most)
}

/// The most numbers of a chunk, but for single rows: so many `f32` are half of a usual second-level cache.
const CHUNK: usize = 1 << 17;

impl Plan {
    /// The plan for `wanted` of the nodes of a graph, in ascending order, that start from value `from`. `widths`
    /// are those of all values.
    pub(super) fn new<T: Scalar>(
        nodes: &[Node<T>],
        widths: &[usize],
        from: usize,
        wanted: &[usize],
    ) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let (mut parameters, mut widest) = (0, widths[from]);
        let mut rest = wanted;
        while let Some(&first) = rest.first() {
            let run = chained(nodes, rest);
            let (work, taken) = match &nodes[first].op {
                Op::Layer(_) => match sweeps::longest(&nodes[first..first + run]) {
                    Some((taken, transform)) => (Work::Sweep { transform }, taken),
                    None => (Work::Layer, 1),
                },
                Op::Add => (Work::Add, 1),
                Op::Concat => (Work::Concat, 1),
            };
            let covered = first..first + taken;
            let count: usize = nodes[covered.clone()].iter().map(parameters_of).sum();
            let names = covered.clone().map(|node| {
                let widths: Vec<usize> = nodes[node].from.iter().map(|&v| widths[v]).collect();
                let Signature { name, widest: wide, .. } = nodes[node].signature(&widths);
                widest = widest.max(wide);
                name.into_owned()
            });
            steps.push(Step {
                work,
                nodes: covered.clone(),
                reads: nodes[first].from.iter().map(|&value| (value, false)).collect(),
                width: widths[covered.end],
                parameters: parameters..parameters + count,
                names: names.collect(),
            });
            parameters += count;
            rest = &rest[taken..];
        }
        mark_last_reads(&mut steps);
        let outputs = steps.last().map_or(widths[from], |step| step.width);
        let chunk_rows = chunk_rows(parameters, widest);
        Self { from, inputs: widths[from], outputs, parameters, chunk_rows, steps }
    }

    /// The values through which everything goes, from the first to the last: what lies between two of them depends
    /// on the earlier one alone.
    pub(super) fn joints(&self) -> Vec<usize> {
        // The first value that the steps behind the one looked at read.
        let (mut joints, mut first) = (Vec::new(), usize::MAX);
        for step in self.steps.iter().rev() {
            if step.nodes.end <= first {
                joints.push(step.nodes.end);
            }
            first = step.reads.iter().fold(first, |first, &(read, _)| first.min(read));
        }
        joints.push(self.from);
        joints.reverse();
        joints
    }
}

/// How many of the first of `wanted` nodes are layers that follow one another, each read by the next alone.
fn chained<T>(nodes: &[Node<T>], wanted: &[usize]) -> usize {
    let first = wanted[0];
    let mut count = 1;
    while let Some(&next) = wanted.get(count) {
        let readers = nodes.iter().flat_map(|node| &node.from).filter(|&&value| value == next);
        let follows = next == first + count && nodes[next].from == [next] && readers.count() == 1;
        if !(follows && matches!(nodes[next].op, Op::Layer(_))) {
            break;
        }
        count += 1;
    }
    count
}

/// Finds out after which step each value is free.
fn mark_last_reads(steps: &mut [Step]) {
    let mut seen = Vec::new();
    for step in steps.iter_mut().rev() {
        for (value, last) in step.reads.iter_mut().rev() {
            *last = !seen.contains(value);
            seen.push(*value);
        }
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} rows at a time, {} parameters", self.chunk_rows, self.parameters)?;
        writeln!(
            f,
            "{:>4}  {:<9}  {:>7}  {:>10}  {:<10}  layers",
            "step", "work", "outputs", "parameters", "reads"
        )?;
        for (i, step) in self.steps.iter().enumerate() {
            let work = match step.work {
                Work::Layer => "layer",
                Work::Sweep { transform: true } => "transform",
                Work::Sweep { transform: false } => "elements",
                Work::Add => "add",
                Work::Concat => "concat",
            };
            let read = |&(value, _): &(usize, bool)| match value.checked_sub(1) {
                None => "input".to_owned(),
                Some(node) => node.to_string(),
            };
            let reads = step.reads.iter().map(read).collect::<Vec<_>>().join(", ");
            let (count, names) = (step.parameters.len(), step.names.join(" → "));
            writeln!(f, "{i:>4}  {work:<9}  {:>7}  {count:>10}  {reads:<10}  {names}", step.width)?;
        }
        Ok(())
    }
}
