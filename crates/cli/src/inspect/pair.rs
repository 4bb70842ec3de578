//! `--between-classes`: the row of the map that decides between two outputs.

use super::Subject;
use anyhow::{Result, bail};
use ndarray::arr0;
use switchnet::analysis::{ByNorm, Norm, effective_map};
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::Row;

/// The outputs that are asked for, if the net has them.
pub(super) fn outputs(subject: &Subject, asked: &[usize]) -> Result<[usize; 2]> {
    let count = subject.net.outputs();
    match *asked {
        [j, k] if j != k && j.max(k) < count => Ok([j, k]),
        _ => bail!(
            "--between-classes: expected two different outputs of 0 to {}, such as 0,1, found {}",
            count - 1,
            asked.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
        ),
    }
}

pub(super) fn run(subject: &Subject, [j, k]: [usize; 2]) -> Result<()> {
    let map = subject.spin("the map", || effective_map(&subject.net, subject.input.x.view()));
    map.residual.checked()?;
    let row = &map.a.row(j) - &map.a.row(k);
    let (c, lead) = (map.c[j] - map.c[k], map.y[j] - map.y[k]);
    // Of a map that does not tell the two apart no input is on their boundary.
    let distance = ByNorm::new(|norm| {
        let size = norm.dual().of(&row);
        (size > 0.0).then(|| lead / size)
    });
    let norm = Norm::L2.of(&row);
    let names = [subject.output(j), subject.output(k)];
    let [first, second] = &names;
    outln!("\n{first} less {second}: {lead:.6}, of which {c:.6} is the constant; ‖a‖ = {norm:.6}");
    let text = |norm: Norm| match distance.get(norm) {
        Some(distance) => format!("{distance:.6}"),
        None => "–".to_owned(),
    };
    outln!(
        "distance to their boundary, below 0 on the side of {second}: {} (l1), {} (l2), {} (l∞), in units of the input and \
         by this map alone",
        text(Norm::L1),
        text(Norm::L2),
        text(Norm::LInf)
    );
    let answer = serde_json::json!({
        "outputs": [j, k],
        "names": names,
        "a": row.to_vec(),
        "c": c,
        "difference": lead,
        "norm": norm,
        "distance": distance,
    });
    subject.answer("inspect-between-classes.json", &answer)?;
    let mut npz = Archive::default();
    npz.add("a", &row)?;
    npz.add("c", &arr0(c))?;
    npz.add("x", &map.x)?;
    subject.arrays("inspect-between-classes.npz", npz)?;
    let name = format!("{first} less {second}");
    let rows = vec![Row { name, mark: j, numbers: row.to_vec() }];
    subject.picture("inspect-between-classes", ["what decides between two outputs"; 2], rows, 0)
}
