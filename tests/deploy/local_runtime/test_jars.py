"""No jar runs that was not committed."""

from pathlib import Path

import pytest

from local_runtime import jars, kafka, orphans
from local_runtime.home import Home
from local_runtime.jars import JarRefused
from local_runtime.up import up


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own with every jar in it, as links to the real ones."""
    real = jars.ready_jars(lambda _: None)
    monkeypatch.setenv("LINLI_CACHE", str(tmp_path))
    folder = jars.cache_folder()
    folder.mkdir(parents=True)
    for name in jars.expected():
        (folder / name).symlink_to(real / name)
    return folder


def spoil(folder: Path) -> Path:
    path = folder / f"kafka_2.13-{jars.KAFKA_VERSION}.jar"
    path.unlink()
    path.write_bytes(b"not the jar that was committed")
    return path


def test_the_committed_jars_are_accepted(cache: Path) -> None:
    assert jars.ready_jars(lambda _: None) == cache
    assert len(jars.expected()) == len(kafka.classpath(lambda _: None).split(":"))


def test_another_checksum_is_refused_with_the_cure(cache: Path) -> None:
    path = spoil(cache)
    with pytest.raises(JarRefused, match=r"SHA-256 differs.*was not run.*rm ") as refusal:
        jars.ready_jars(lambda _: None)
    assert str(path) in str(refusal.value)


def test_up_starts_nothing_with_a_wrong_jar(cache: Path, home: Home) -> None:
    spoil(cache)
    with pytest.raises(JarRefused):
        up(home, lambda _: None, services=(), usual_ports=False)
    assert orphans.left_behind(home) == []


def test_a_kafka_of_ones_own_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libs").mkdir()
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    with pytest.raises(RuntimeError, match="holds no Kafka"):
        kafka.classpath(lambda _: None)
    (tmp_path / "libs" / "kafka-server-4.4.0.jar").touch()
    assert kafka.classpath(lambda _: None) == str(tmp_path / "libs" / "*")
