//! What the analysis answers, against values known without it, in one program.
