import pytest

from course.paths import CourseError, find_root, notebook, sections, write_whole


def test_the_root_is_named_or_found_upwards_or_where_the_package_is(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text("")
    deep = tmp_path / "work" / "01-x"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_root() == tmp_path
    monkeypatch.chdir("/")
    assert (find_root() / "course" / "paths.py").is_file()
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    assert find_root() == tmp_path


def test_a_named_root_that_is_none_is_not_replaced_by_another(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path / "elsewhere"))
    with pytest.raises(CourseError, match=r"no course found in .*/elsewhere"):
        find_root()


def test_sections_are_numbered_folders_with_a_notebook_of_their_name(tmp_path):
    for name in ("02-b/02-b", "01-a/01-a", "01-a/extra", "notes/notes", "03-c/other"):
        path = tmp_path / "source" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert sections(tmp_path) == ["01-a", "02-b"]
    assert sections(tmp_path, "release") == []
    assert notebook(tmp_path, "01-a") == tmp_path / "source" / "01-a" / "01-a.ipynb"
    with pytest.raises(CourseError, match="no section '03-c' in source/; there is 01-a, 02-b"):
        notebook(tmp_path, "03-c")
    with pytest.raises(CourseError, match="none: run `course build` to fill release/"):
        notebook(tmp_path, "01-a", "release")


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    write_whole(path, "1\r\n")
    path.chmod(0o640)
    write_whole(path, "2\r\n")
    assert path.read_bytes() == b"2\r\n"
    assert path.stat().st_mode & 0o777 == 0o640

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "3")
    assert path.read_bytes() == b"2\r\n" and list(tmp_path.iterdir()) == [path]
