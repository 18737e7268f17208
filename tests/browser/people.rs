//! People in front of a browser: what they do and see in a room.

use crate::chromium::{Browser, Page};
use crate::support::PASSWORD;
use serde_json::Value;

/// Somebody with a browser of their own.
pub struct Human {
    pub page: Page,
    pub base: String,
}

/// What a page shows: each message's element id, key, text, author, and whether it was edited.
const CONVERSATION: &str = "[...document.querySelectorAll('#messages > article')].map(article => [
    article.id, article.dataset.key,
    [...article.querySelectorAll('.message__body > p')].map(p => p.innerText).join('\\n\\n'),
    article.querySelector('.message__author').innerText, !!article.querySelector('.message__edited')])";

impl Human {
    /// The first visitor, who sets the server up.
    pub async fn first(browser: &Browser, base: &str, name: &str) -> Self {
        Self::comes_in(browser.context().await.page().await, base, name).await
    }

    /// The same on a page that is there already.
    pub async fn comes_in(page: Page, base: &str, name: &str) -> Self {
        let human = Self { page, base: base.to_owned() };
        human.page.goto(base).await;
        human.introduces_themselves(name).await;
        human
    }

    /// Somebody who follows an invite link.
    pub async fn invited(browser: &Browser, base: &str, link: &str, name: &str) -> Self {
        Self::comes_in_by(browser.context().await.page().await, base, link, name).await
    }

    /// Somebody who follows an invite link on a page that is there already.
    pub async fn comes_in_by(page: Page, base: &str, link: &str, name: &str) -> Self {
        let human = Self { page, base: base.to_owned() };
        assert_eq!(human.page.goto(link).await, 200);
        human.introduces_themselves(name).await;
        human
    }

    /// Fills in the form of somebody new and waits for the room, live.
    async fn introduces_themselves(&self, name: &str) {
        self.page.fill("#name", name).await;
        self.page.fill("#email_address", &format!("{}@example.com", name.to_lowercase())).await;
        self.page.fill("#password", PASSWORD).await;
        self.page.press("Enter").await;
        self.page.wait_for("document.querySelector('#present .present__count')").await;
    }

    /// The invite link, as an administrator sees it.
    pub async fn invite_link(&self) -> String {
        string(&self.page.eval("document.querySelector('[data-copy-source]').value").await)
    }

    /// Writes a message and presses Enter.
    pub async fn says(&self, text: &str) {
        self.page.fill("#composer_body", text).await;
        self.page.press("Enter").await;
    }

    /// Waits until a message with this text is there, acknowledged.
    pub async fn sees(&self, text: &str) {
        let text = Value::from(text);
        self.page.wait_for(&format!("{CONVERSATION}.some(row => row[2] === {text})")).await;
    }

    /// Waits until the connection is lost, and says so.
    pub async fn sees_that_the_connection_is_lost(&self) {
        self.page
            .wait_for("document.querySelector('#connection:not([hidden])')?.innerText.startsWith('Reconnecting')")
            .await;
    }

    /// Waits until the page is connected and nothing waits to be sent.
    pub async fn is_level(&self) {
        let level =
            "document.querySelector('#connection').hidden && !document.querySelector('#pending').children.length";
        self.page.wait_for(level).await;
    }

    /// What the page shows.
    pub async fn conversation(&self) -> Value {
        self.page.eval(CONVERSATION).await
    }

    /// Marks the page, so that a reload can be told.
    pub async fn marks_the_page(&self) {
        self.page.eval("void (document.documentElement.dataset.marked = 'yes')").await;
    }

    /// Whether the marked page is still the same one.
    pub async fn has_not_reloaded(&self) -> bool {
        self.page.eval("document.documentElement.dataset.marked === 'yes'").await == true
    }
}

/// A JSON string's text.
pub fn string(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}
