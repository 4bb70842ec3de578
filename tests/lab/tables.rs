//! Tables for the terminal and in Markdown.

use crate::made_up::results;
use switchnet_lab::experiment::Geometry;
use switchnet_lab::report::{self, NetRecord, Record};

#[test]
fn the_text_table_is_narrow_and_aligned() {
    let results = results();
    let text = report::text_table(&results);
    // Columns of a terminal, not letters: a Chinese one takes two.
    let wide = |line: &str| line.chars().map(|c| if c == '網' { 2 } else { 1 }).sum::<usize>();
    assert!(text.lines().all(|line| wide(line) <= 120 && line.trim_end() == line), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    let lines: Vec<_> = text.lines().collect();
    let body = &lines[..3 + results.nets.len()];
    assert!(body[3..].iter().all(|line| wide(line) == wide(body[2])), "{text}");
    assert!(body[3].contains("92.50 ± 3.54") && body[3].contains("2/8"));
    assert!(body[5].starts_with("(no name) ") && body[5].contains(" – "));
    assert!(body[7].starts_with("dup  NET †") && text.contains("† Not piecewise linear"));
    assert!(text.contains("seeds 1, 2") && text.contains("test input opens it"));
}

#[test]
fn markdown_cells_stay_in_their_columns() {
    let text = report::markdown_table(&results());
    let rows: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 2 + 6);
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{text}");
    assert!(!text.contains('<') && text.contains("long \\| name \\*"));
}

/// A table only where there are geometry summaries, a row for each net, mean and deviation over the seeds.
#[test]
fn geometry_summaries_make_a_table() {
    let mut results = results();
    assert_eq!(report::geometry_table(&results), None);
    let geometry = |angle: f64| Geometry {
        inputs: 360,
        first: 50,
        angle,
        norm: 1.0,
        signal_to_noise: 2.0,
        margin: None,
        rival: Some(0.5),
        certificate: Some(0.125),
        adversarial: None,
        regions: Some(12.0),
        stable_rank: 1.5,
        largest: 3.0,
        entropy: 0.5,
        patterns: 300,
        within: Some(0.1),
        between: Some(0.2),
        polygons: Some(1234.0),
        complete: angle < 72.0,
        cosine_within: Some(0.75),
        cosine_between: Some(-0.25),
    };
    results.nets[0].runs[0].geometry = Some(geometry(70.0));
    results.nets[0].runs[1].geometry = Some(geometry(74.0));
    let table = report::geometry_table(&results).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + results.nets.len());
    assert!(rows[2].contains("| 72.0 ± 2.8 |") && rows[2].contains("| – |"), "{}", rows[2]);
    assert!(table.contains("360 test inputs") && !table.contains("<script>"), "{table}");
    // One of the two slices was stopped; the largest residual is that of the runs.
    assert!(
        rows[2].contains("| ≥ 1,234 ± 0 |") && rows[2].contains("| −0.250 ± 0.000 |"),
        "{}",
        rows[2]
    );
    assert!(rows[2].ends_with("| 3.0e−16 |"), "{}", rows[2]);
    let columns = |row: &str| row.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| columns(row) == columns(rows[0])), "{table}");
    // t of one degree of freedom, 12.706, over √2.
    assert!(table.contains("95 % interval is the mean ± 8.98 times"), "{table}");
}

/// Leads are differences seed by seed, with their interval; what is kept is read again as it was.
#[test]
fn records_are_kept_and_say_who_leads() {
    let mut results = results();
    results.nets[0].name = "bank, 5 k".into();
    results.nets[1].name = "thin, 5 k".into();
    results.nets[0].against = Some("thin, 5 k".into());
    let record = Record::of(&results);
    let again: Record = serde_json::from_slice(&serde_json::to_vec(&record).unwrap()).unwrap();
    assert_eq!(again, record);
    // Which class was taken for which, over both seeds; records of before have none of it, and a wrong one is refused.
    assert_eq!(record.nets[0].confusion, [vec![6, 2, 0], vec![0, 8, 0], vec![0, 4, 2403]]);
    let mut old = serde_json::to_value(&record).unwrap();
    for net in old["nets"].as_array_mut().unwrap() {
        net.as_object_mut().unwrap().remove("confusion").unwrap();
    }
    let mut old: Record = serde_json::from_value(old).unwrap();
    assert!(old.check().is_ok() && old.nets[0].confusion.is_empty());
    old.nets[0].confusion = vec![vec![1, 2], vec![3, 4]];
    let error = old.check().unwrap_err().to_string();
    let said = "bank, 5 k: sides of a confusion matrix: expected 3, as there are classes, found 2";
    assert_eq!(error, said);
    // 0.90 and 0.95 against 0.90 and 0.90: 0.025 ± 0.0354, times t = 12.7062 over √2.
    let (lead, half) = record.lead(&record.nets[0]).unwrap();
    assert!((lead - 0.025).abs() < 1e-12, "{lead}");
    assert!((half.unwrap() - 12.7062 * 0.025).abs() < 1e-9, "{half:?}");
    assert_eq!(record.lead(&record.nets[1]), None);
    // A net of fewer seeds is compared on those that both have.
    let mut fewer = Record { choosing_seeds: 1, ..record.clone() };
    fewer.nets[0].test_accuracy.truncate(1);
    let error = fewer.check().unwrap_err().to_string();
    assert_eq!(error, "bank, 5 k: figures of a net: expected 1, as of its test accuracy, found 2");
    fewer.nets[0].train_accuracy.truncate(1);
    fewer.nets[0].seconds.truncate(1);
    fewer.nets[0].spoiled.iter_mut().for_each(|spoiled| spoiled.accuracy.truncate(1));
    fewer.check().unwrap();
    let (lead, half) = fewer.lead(&fewer.nets[0]).unwrap();
    assert!(lead.abs() < 1e-12 && half.is_none(), "{lead} {half:?}");
    assert!(report::records_markdown(&[fewer]).contains("2 seeds, fewer for some nets; "));
    let text = report::records_markdown(&[record.clone(), record.clone()]);
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 * (2 + 6));
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{text}");
    assert!(rows[2].contains("| +2.50 (−29.27 to +34.27) | thin, 5 k |"), "{}", rows[2]);
    assert!(
        text.contains("12 trainings chose 6 learning rates")
            || text.contains("24 trainings chose 6"),
        "{text}"
    );
    assert!(!text.contains("<script>") && text.contains("10 % of them held out"));
    // Sizes that families have in common make a table at a glance.
    assert!(!text.contains("| size |"));
    let mut sizes = record.clone();
    sizes.nets.push(NetRecord { name: "bank, 12 k".into(), ..record.nets[0].clone() });
    sizes.nets.push(NetRecord { name: "thin, 12 k".into(), ..record.nets[1].clone() });
    sizes.nets.push(NetRecord { name: "CNN, 12 k".into(), ..record.nets[1].clone() });
    // One size in common is not enough.
    sizes.nets.push(NetRecord { name: "one, 9 k".into(), ..record.nets[1].clone() });
    sizes.nets.push(NetRecord { name: "other, 9 k".into(), ..record.nets[1].clone() });
    let text = report::records_markdown(&[sizes]);
    let glance: Vec<_> = text.lines().skip_while(|line| !line.starts_with("| size |")).collect();
    assert_eq!(glance[0], "| size | bank | thin |");
    assert!(glance[4..].iter().all(|line| !line.starts_with("| 9 k")), "{glance:?}");
    assert_eq!(glance[3], "| 12 k | 92.50 ± 3.54 | 90.00 ± 0.00 |");
    let wrong =
        Record { version: "1\n| two |".into(), date: "\u{1b}[31m".into(), ..record.clone() };
    let wrong = report::records_markdown(&[wrong]);
    assert!(wrong.contains(r"version 1 \| two \|") && !wrong.contains('\u{1b}'), "{wrong}");
    let curves = report::records_curves(std::slice::from_ref(&record));
    assert!(curves.starts_with("<svg") && curves.contains("forward (µs a row)"));
    // Figures that cannot be.
    let refused = |change: &dyn Fn(&mut NetRecord)| {
        let mut record = record.clone();
        change(&mut record.nets[0]);
        record.check().unwrap_err().to_string()
    };
    for found in [-0.5, 1.5, f64::NAN] {
        let expected = format!("bank, 5 k: accuracy of a net: expected 0 to 1, found {found}");
        assert_eq!(refused(&|net| net.test_accuracy[1] = found), expected);
        assert_eq!(refused(&|net| net.train_accuracy[0] = Some(found)), expected);
    }
    assert!(refused(&|net| net.seconds[0] = -1.0).contains("time of a net"));
    assert!(refused(&|net| net.microseconds = f64::INFINITY).contains("time of a net"));
}
