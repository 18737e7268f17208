//! The rows of the table: what is measured, against what, and what it must reach.

mod delivering;
mod posting;
mod reading;
mod running;

use super::Run;

/// Measures one row.
pub async fn measure(row: u32, run: &mut Run) {
    match row {
        1 => reading::pages(run).await,
        2 => reading::pages_beside_posts(run).await,
        3 => reading::first_after_a_post(run).await,
        4 => posting::grouped(run).await,
        5 => posting::one_by_one(run).await,
        6 => delivering::deliveries(run).await,
        7 => delivering::connects(run).await,
        8 => running::memory(run).await,
        9 => running::start(run).await,
        10 => reading::sizes(run).await,
        11 => reading::people(run).await,
        12 => reading::latency(run).await,
        _ => {}
    }
}
