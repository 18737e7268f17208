//! Rooms and pings in front of the screen: what appears, what goes, what is unread, without anybody reloading.

use crate::browser_or_skip;
use crate::chromium::Browser;
use crate::people::Human;
use crate::support::{PASSWORD, TestServer};

/// Ann, who runs the account, and Bob, each at the first room.
async fn two(browser: &Browser) -> (TestServer, Human, Human) {
    let server = TestServer::start().await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(browser, &base, "Ann").await;
    let bob = Human::invited(browser, &base, &ann.invite_link().await, "Bob").await;
    (server, ann, bob)
}

/// Another browser of somebody.
async fn another(browser: &Browser, base: &str, name: &str) -> Human {
    let human = Human { page: browser.context().await.page().await, base: base.to_owned() };
    human.page.goto(&format!("{base}/session/new")).await;
    human.page.fill("#email_address", &format!("{}@example.com", name.to_lowercase())).await;
    human.page.fill("#password", PASSWORD).await;
    human.page.press("Enter").await;
    human.page.wait_for("document.querySelector('#present .present__count')").await;
    human
}

/// Whether the list of rooms has one of this name.
fn lists(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('#rooms a')].some(a => a.querySelector('.sidebar__name').innerText === '{name}')"
    )
}

#[tokio::test]
async fn added_to_a_closed_room_one_sees_it_appear_and_removed_while_reading_one_is_told() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = two(&browser).await;
    ann.page.wait_for("document.querySelector('#pings .ping')?.innerText.includes('Bob')").await;
    bob.marks_the_page().await;

    // Ann makes a room for herself alone, changing her mind about who is in it while she types its name.
    ann.page.click(".sidebar__new").await;
    ann.page.fill("#name", "Plans").await;
    ann.page.click(".tabs__tab:not([aria-current])").await;
    ann.page
        .wait_for("document.querySelector('#name').value === 'Plans' && location.pathname.includes('closeds')")
        .await;
    ann.page.click("form.form button[type=submit]").await;
    ann.page.wait_for("document.querySelector('#room_name')?.innerText === 'Plans'").await;
    assert_eq!(bob.page.eval(&lists("Plans")).await, false);

    // She lets Bob in, whom she finds by typing.
    ann.page.click("#room_name").await;
    ann.page.fill("#picker_filter", "bo").await;
    ann.page.wait_for("[...document.querySelectorAll('.picker__person')].filter(it => !it.hidden).length === 1").await;
    ann.page.press("Enter").await;
    ann.page.click("form.form button[type=submit]").await;
    bob.page.wait_for(&lists("Plans")).await;
    assert!(bob.has_not_reloaded().await);

    bob.page.click("#rooms a[href='/rooms/2']").await;
    bob.page.wait_for("document.querySelector('#present .present__count')").await;
    ann.page.wait_for("document.querySelector('#composer')").await;
    ann.says("welcome").await;
    bob.sees("welcome").await;

    // She renames it under Bob's eyes, then takes him out again.
    ann.page.click("#room_name").await;
    ann.page.fill("#name", "Schemes").await;
    ann.page.click("form.form button[type=submit]").await;
    bob.page
        .wait_for(
            "document.querySelector('#room_name').innerText === 'Schemes' && document.title.startsWith('Schemes')",
        )
        .await;
    ann.page.click("#room_name").await;
    ann.page.click("label[data-name=Bob] input").await;
    ann.page.click("form.form button[type=submit]").await;
    bob.page.wait_for("document.querySelector('#connection').innerText.includes('no longer in this room')").await;
    ann.page.wait_for("document.querySelector('#composer')").await;
    ann.says("without Bob").await;
    ann.sees("without Bob").await;
    assert_eq!(bob.page.eval("document.body.innerText.includes('without Bob')").await, false);
    // Coming back does not help.
    bob.page.eval("void dispatchEvent(new Event('online'))").await;
    assert_eq!(bob.page.goto(&format!("{}/rooms/2", bob.base)).await, 404);
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_unread_on_one_device_is_read_on_another() {
    let browser = browser_or_skip!();
    let (server, ann, bob) = two(&browser).await;
    let base = format!("http://{}", server.address);
    ann.page.click(".sidebar__new").await;
    ann.page.fill("#name", "Design").await;
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    bob.page.wait_for(&lists("Design")).await;
    let bobs_phone = another(&browser, &base, "Bob").await;
    bobs_phone.page.set_viewport(390, 844, true).await;
    bobs_phone.page.goto(&format!("{base}/rooms/1")).await;
    bobs_phone.page.wait_for("document.querySelector('#present .present__count')").await;

    ann.says("one").await;
    ann.says("two").await;
    let count = |n: i64| format!("document.querySelector('#unread_2')?.dataset.count === '{n}'");
    for device in [&bob, &bobs_phone] {
        device.page.wait_for(&format!("{} && document.title.startsWith('(2) ')", count(2))).await;
    }
    bobs_phone.page.wait_for("document.querySelector('[data-sidebar-button]').hasAttribute('data-unread')").await;
    // He reads it on the phone; the laptop knows.
    bobs_phone.page.goto(&format!("{base}/rooms/2")).await;
    bob.page.wait_for(&format!("{} && !document.title.startsWith('(')", count(0))).await;
    // While he looks at the room, nothing of it is marked, there or elsewhere for long.
    ann.says("three").await;
    bobs_phone.sees("three").await;
    bob.page.wait_for(&count(0)).await;

    // He marks the second as unread, from its bar of actions, and it stays so while he stays.
    bobs_phone.page.set_viewport(1280, 800, false).await;
    bobs_phone.page.goto(&format!("{base}/rooms/2")).await;
    bobs_phone.page.wait_for("document.querySelector('#present .present__count')").await;
    let focus = "document.querySelectorAll('#messages .message__time')[1].focus()";
    bobs_phone.page.eval(&format!("void {focus}")).await;
    bobs_phone.page.wait_for("!document.querySelector('message-actions').hidden").await;
    while bobs_phone.page.eval("document.activeElement.dataset.action === 'unread'").await != true {
        bobs_phone.page.press("Tab").await;
    }
    bobs_phone.page.press("Enter").await;
    for device in [&bob, &bobs_phone] {
        device.page.wait_for(&count(2)).await;
    }
    assert_eq!(bob.page.problems(), Vec::<String>::new());
    assert_eq!(bobs_phone.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn a_ping_is_started_by_typing_names_and_moves_to_the_front_when_it_is_answered() {
    let browser = browser_or_skip!();
    let (server, ann, bob) = two(&browser).await;
    for name in ["Cid", "Dörte", "Émile"] {
        server.member(name).await;
    }
    ann.page.reload().await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    // Bob is here: a dot says so.
    ann.page.wait_for("[...document.querySelectorAll('.ping__faces[data-online]')].length === 1").await;
    ann.page.click("a[href='/rooms/directs/new']").await;
    for name in ["emi", "dorte", "cid"] {
        ann.page.fill("#picker_filter", name).await;
        ann.page.press("Enter").await;
    }
    ann.page.wait_for("document.querySelectorAll('.picker__chip').length === 3").await;
    ann.page.press("Backspace").await;
    ann.page.wait_for("document.querySelectorAll('.picker__chip').length === 2").await;
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    let name = ann.page.text("#room_name").await;
    assert!(name.contains(" and ") && name.contains("mile"), "{name}");
    // A stranger in the strip is pinged with one click.
    ann.page.click(".ping--new[title='Ping Bob']").await;
    ann.page.wait_for("document.querySelector('#room_name')?.innerText === 'Bob'").await;
    ann.says("psst").await;
    bob.page.wait_for("document.querySelector('#pings .ping:not(.ping--new) .unread')?.dataset.count === '1'").await;
    assert_eq!(bob.page.eval("document.querySelector('#pings .ping__name').innerText").await, "Ann");

    // Ann goes back to the group: when Bob answers, his ping comes first.
    ann.page.eval("void document.querySelector('#pings .ping--group').click()").await;
    ann.page.wait_for("document.querySelector('#room_name')?.innerText.includes(' and ')").await;
    ann.says("for the group").await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    bob.page.click("#pings .ping").await;
    bob.page.wait_for("document.querySelector('#present .present__count')").await;
    bob.says("yes?").await;
    ann.page.wait_for("document.querySelector('#pings .ping .unread').dataset.count === '1'").await;
    assert_eq!(ann.page.eval("document.querySelector('#pings .ping__name').innerText").await, "Bob");
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn the_bell_is_a_menu_of_named_choices_and_an_invisible_room_leaves_the_list() {
    let browser = browser_or_skip!();
    let (_server, ann, _bob) = two(&browser).await;
    ann.page.click(".bell summary").await;
    let choices = ann.page.text(".bell .menu__sheet").await;
    for name in ["Everything", "Mentions", "Nothing", "Invisible"] {
        assert!(choices.contains(name), "{choices}");
    }
    ann.page.press("Escape").await;
    ann.page.wait_for("!document.querySelector('.bell').open").await;
    ann.page.click(".bell summary").await;
    ann.page.click(".bell [value=invisible]").await;
    ann.page.wait_for("document.querySelector('.bell').dataset.involvement === 'invisible'").await;
    ann.page.wait_for(&format!("!{}", lists("All Talk"))).await;
    // The profile lists it, and brings it back.
    ann.page.click(".sidebar__profile").await;
    ann.page.wait_for("document.querySelector('#room_1[data-invisible] .bell-list__set').hidden").await;
    let choose =
        "(select => { select.value = 'everything'; select.dispatchEvent(new Event('change', { bubbles: true })) })";
    ann.page.eval(&format!("void {choose}(document.querySelector('#room_1 select'))")).await;
    ann.page.wait_for("!document.querySelector('#room_1').hasAttribute('data-invisible')").await;
    ann.page.goto(&ann.base).await;
    ann.page.wait_for(&lists("All Talk")).await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn somebody_joins_by_the_link_on_a_phone_and_carries_the_session_to_another_device() {
    let browser = browser_or_skip!();
    let (_server, ann, _bob) = two(&browser).await;
    ann.page.goto(&format!("{}/account/edit", ann.base)).await;
    let link = ann.page.eval("document.querySelector('[data-copy-source]').value").await;
    assert!(ann.page.eval("!!document.querySelector('.qr-code path')").await == true, "a code to be photographed");
    let phone = browser.context().await.page().await;
    phone.set_viewport(320, 640, true).await;
    let cid = Human::comes_in_by(phone, &ann.base, link.as_str().unwrap(), "Cid").await;
    cid.page.fill("#composer_body", "from my phone").await;
    cid.page.click(".composer__send").await;
    cid.sees("from my phone").await;
    let wide = "document.scrollingElement.scrollWidth > innerWidth";
    assert_eq!(cid.page.eval(wide).await, false);
    cid.page.goto(&format!("{}/users/me/profile", cid.base)).await;
    assert_eq!(cid.page.eval(wide).await, false);
    cid.page.click("form[action='/users/me/transfers'] button").await;
    let link = "document.querySelector('[data-copy-source]').value";
    cid.page.wait_for(link).await;
    let link = cid.page.eval(link).await;
    // On a laptop: looking does not use the link up, the button does, and only once.
    for expected in ["/rooms/1", "/session/transfers"] {
        let laptop = browser.context().await.page().await;
        laptop.goto(link.as_str().unwrap()).await;
        laptop.reload().await;
        laptop.click("main button[type=submit]").await;
        laptop
            .wait_for(&format!("location.pathname.startsWith('{expected}') && document.readyState === 'complete'"))
            .await;
        if expected == "/rooms/1" {
            laptop.wait_for("document.querySelector('.sidebar__me').innerText.includes('Cid')").await;
        }
    }
    assert_eq!(cid.page.problems(), Vec::<String>::new());
}
