//! The look that the report and the live page share: one style sheet, so that there is one place for it.

/// The style sheet, as the content of an element `style`. What only one page has comes behind it.
///
/// It has, as custom properties, the colors of light and dark surroundings (`--paper` and `--plot` to write and to draw
/// on, `--ink`, `--soft`, `--line`, `--wash`, the one `--accent` with what stands on it, `--lit`, `--missed`, and `--low`,
/// `--zero`, `--high` of diverging numbers), `--small` and `--tiny` type, `--gap` and `--radius`; and how headings, links,
/// controls, tables, folded parts and parts that scroll by themselves look.
///
/// ```
/// assert!(switchnet_style::STYLE.contains("prefers-color-scheme: dark"));
/// ```
pub const STYLE: &str = include_str!("style.css");
