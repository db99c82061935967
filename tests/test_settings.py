"""The environment: what a start refuses, and what the demo may do that production may not."""

import stat

import pytest

from encaiss_dashboard.settings import SettingsError, read, require_secret

SECRET = "0123456789abcdef0123456789abcdef"


def test_the_defaults_serve_this_machine_only(tmp_path):
    settings = read({"ENCAISS_DATA_DIR": str(tmp_path)})
    assert settings.host == "127.0.0.1"
    assert settings.port == 3000
    assert settings.public_url == "http://localhost:3000"
    assert settings.database_url == f"sqlite:///{tmp_path / 'encaiss.db'}"
    assert not settings.demo
    assert not settings.secure_cookies
    assert settings.smtp_url == ""
    assert settings.proxies == 0
    assert settings.rate_factor == 1


@pytest.mark.parametrize("secret", [None, "", "short", SECRET[:-1]])
def test_production_does_not_start_without_a_real_secret(tmp_path, secret):
    environment = {"ENCAISS_DATA_DIR": str(tmp_path)} | ({"ENCAISS_SECRET": secret} if secret else {})
    with pytest.raises(SettingsError, match="ENCAISS_SECRET is missing or shorter than 32 characters"):
        require_secret(read(environment))
    require_secret(read(environment | {"ENCAISS_SECRET": SECRET}))


def test_production_leaves_no_secret_on_the_disk(tmp_path):
    read({"ENCAISS_DATA_DIR": str(tmp_path)})
    assert not list(tmp_path.iterdir())


def test_the_demo_makes_its_own_secret_and_keeps_it(tmp_path):
    environment = {"ENCAISS_DATA_DIR": str(tmp_path / "new"), "ENCAISS_DEMO": "1"}
    first = read(environment)
    require_secret(first)
    assert read(environment).secret == first.secret
    assert read(environment | {"ENCAISS_DATA_DIR": str(tmp_path / "other")}).secret != first.secret
    assert stat.S_IMODE((tmp_path / "new" / "demo-secret").stat().st_mode) == 0o600


@pytest.mark.parametrize("demo", ["", "0", "true", "yes", " 1"])
def test_only_a_plain_1_makes_a_demo(tmp_path, demo):
    assert not read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_DEMO": demo}).demo


@pytest.mark.parametrize("port", ["", "0", "65536", "-1", "http", "30 00", "3000.0"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    with pytest.raises(SettingsError, match="ENCAISS_PORT"):
        read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_PORT": port})


@pytest.mark.parametrize(
    "environment, origins",
    [
        ({"ENCAISS_PUBLIC_URL": "https://encaiss.example/"}, ("https://encaiss.example",)),
        ({"ENCAISS_PUBLIC_URL": "https://encaiss.example/app"}, ("https://encaiss.example",)),
        ({"ENCAISS_PORT": "4000"}, ("http://localhost:4000",)),
        (
            {"ENCAISS_PORT": "4000", "ENCAISS_DEMO": "1"},
            ("http://localhost:4000", "http://127.0.0.1:4000"),
        ),
    ],
)
def test_only_the_own_pages_may_open_a_socket(tmp_path, environment, origins):
    assert read({"ENCAISS_DATA_DIR": str(tmp_path)} | environment).origins == origins


def test_behind_tls_the_cookie_stays_there(tmp_path):
    settings = read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_PUBLIC_URL": "https://encaiss.example"})
    assert settings.secure_cookies


@pytest.mark.parametrize("value", ["", "-1", "10", "one", "1.0", "²"])
def test_a_number_of_proxies_that_is_none_is_refused(tmp_path, value):
    with pytest.raises(SettingsError, match="ENCAISS_PROXIES"):
        read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_PROXIES": value})


@pytest.mark.parametrize("value", ["", "-1", "inf", "nan", "1e9", "on", "1,5"])
def test_a_factor_of_the_limits_that_is_none_is_refused(tmp_path, value):
    with pytest.raises(SettingsError, match="ENCAISS_RATE_FACTOR"):
        read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_RATE_FACTOR": value})


def test_the_limits_can_be_half_twice_and_off(tmp_path):
    given = [{"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_RATE_FACTOR": one} for one in ("0.5", "2", "0")]
    assert [read(one).rate_factor for one in given] == [0.5, 2, 0]


@pytest.mark.parametrize("hours", ["", "8-19", "19:00-08:00", "always"])
def test_sending_hours_that_cannot_be_read_are_refused(tmp_path, hours):
    with pytest.raises(SettingsError, match="ENCAISS_SEND_BETWEEN"):
        read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_SEND_BETWEEN": hours})


def test_without_a_word_nobody_is_written_to_before_eight_or_after_seven_in_the_evening(tmp_path):
    hours = read({"ENCAISS_DATA_DIR": str(tmp_path)}).hours
    assert (hours.first_minute, hours.end_minute) == (8 * 60, 19 * 60)


@pytest.mark.parametrize("url", ["http://sms.example/send", "sms.example", "ftp://sms.example", "https://"])
def test_texts_go_to_no_provider_in_the_clear(tmp_path, url):
    with pytest.raises(SettingsError, match="ENCAISS_SMS_URL"):
        read({"ENCAISS_DATA_DIR": str(tmp_path), "ENCAISS_SMS_URL": url})
