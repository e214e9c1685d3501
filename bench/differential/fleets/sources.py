"""How a GitRepository finds its commit, and which files it keeps. Pure."""

from __future__ import annotations

from bench.differential.story import Act, Fleet, Step, config_map, ends, files, install, kustomization, push

_ONE = {"app/one.yaml": config_map("one", a="1")}
_TWO = {"app/one.yaml": config_map("one", a="2")}
_THREE = {"app/one.yaml": config_map("one", a="3")}

SOURCES = (
    Fleet(
        "tag",
        "spec.ref.tag, moved, missing and there again",
        ends(
            install(_ONE, refs=("refs/tags/v1",)),
            push("move it", _TWO, refs=("refs/tags/v1",)),
            push("another one", _THREE, refs=("refs/tags/v2",), source={"ref": {"tag": "v2"}}),
            Step("a missing one", Act.LEAVE, source={"ref": {"tag": "v9"}}),
            Step("back", Act.LEAVE, source={"ref": {"tag": "v2"}}),
        ),
        source={"ref": {"branch": None, "tag": "v1"}},
    ),
    Fleet(
        "semver",
        "spec.ref.semver",
        ends(
            install(_ONE, refs=("refs/tags/v1.0.0",)),
            push("newer", _TWO, refs=("refs/tags/v1.2.0",)),
            Step("out of range", Act.LEAVE, files=files(_THREE), refs=("refs/tags/v2.0.0",)),
            Step("another range", Act.LEAVE, source={"ref": {"semver": ">=3.0.0"}}),
            Step("no range", Act.LEAVE, source={"ref": {"semver": "nonsense"}}),
        ),
        source={"ref": {"branch": None, "semver": "1.x"}},
    ),
    Fleet(
        "ref-name",
        "spec.ref.name",
        ends(
            install(_ONE, refs=("refs/pull/1/head",)),
            push("move it", _TWO, refs=("refs/pull/1/head",)),
            Step("a missing one", Act.LEAVE, source={"ref": {"name": "refs/pull/2/head"}}),
        ),
        source={"ref": {"branch": None, "name": "refs/pull/1/head"}},
    ),
    Fleet(
        "commit",
        "spec.ref.commit, alone and with a branch",
        ends(
            install(_ONE),
            Step("pinned", Act.PUSH, files=files(_TWO), source={"ref": {"commit": "@HEAD~1@"}}),
            Step("a missing one", Act.LEAVE, source={"ref": {"commit": "0123456789" * 4}}),
            Step("alone", Act.PUSH, source={"ref": {"branch": None, "commit": "@HEAD@"}}),
        ),
    ),
    Fleet(
        "branch",
        "a branch that is not there, an address that is not there",
        ends(
            install(_ONE),
            Step("no such branch", Act.LEAVE, source={"ref": {"branch": "none"}}),
            push("back", _TWO, source={"ref": {"branch": "main"}}),
            Step("no such repository", Act.LEAVE, source={"url": "@URL@/none"}),
            Step("no http at all", Act.LEAVE, source={"url": "http://127.0.0.1:1/none"}),
        ),
    ),
    Fleet(
        "ignore",
        ".sourceignore and spec.ignore, and files of all sorts",
        ends(
            install(
                {
                    **_ONE,
                    ".sourceignore": "secret*\n/docs\n!docs/kept.md\n*.tmp\n",
                    "secret.txt": "no\n",
                    "docs/a.md": "no\n",
                    "deep/secret/x": "no\n",
                    "deep/y.tmp": "no\n",
                    "deep/.sourceignore": "z\n",
                    "deep/z": "no\n",
                    ".github/workflows/x.yaml": "a: b\n",
                    ".flux.yaml": "a: b\n",
                    "image.png": "no picture\n",
                    "z ü.txt": "odd\n",
                }
            ),
            push("other rules", {".sourceignore": "/app/two.yaml\n", "app/two.yaml": "broken: [\n"}),
            push("rules of the object", _TWO, source={"ignore": "/*\n!/app\n/app/two.yaml\n"}),
            Step("none at all", Act.LEAVE, source={"ignore": ""}),
        ),
    ),
    Fleet(
        "include",
        "files of another GitRepository's artifact, which changes, is missing, and does not fit",
        ends(
            install(
                {**_ONE, "lib/two.yaml": config_map("two", a="1"), "docs/a.md": "words\n"},
                refs=("refs/heads/lib",),
            ),
            push(
                "the included one changes",
                {"lib/two.yaml": config_map("two", a="2")},
                refs=("refs/heads/lib",),
            ),
            push("only the including one changes", _TWO),
            push("other rules", {".sourceignore": "/app/lib/three.yaml\n"}),
            push(
                "a file that stays out, and one that is copied",
                {"lib/three.yaml": config_map("three"), "lib/two.yaml": config_map("two", a="3")},
                refs=("refs/heads/lib",),
                source={
                    "include": [
                        {"repository": {"name": "lib"}, "fromPath": "./lib/", "toPath": "app/lib"},
                        {"repository": {"name": "lib"}, "fromPath": "docs/a.md", "toPath": "app/b.md"},
                    ]
                },
            ),
            Step("a missing one", Act.LEAVE, source={"include": [{"repository": {"name": "none"}}]}),
            Step("none at all", Act.LEAVE, source={"include": None}),
        ),
        source={"include": [{"repository": {"name": "lib"}, "fromPath": "lib", "toPath": "app/lib"}]},
        others=(("lib", {"ref": {"branch": "lib"}}),),
    ),
    Fleet(
        "include-misfit",
        "includes that cannot be copied",
        ends(
            install(_ONE),
            Step(
                "a path that is not there",
                Act.LEAVE,
                source={"include": [{"repository": {"name": "lib"}, "fromPath": "none"}]},
            ),
            Step(
                "over a folder",
                Act.LEAVE,
                source={"include": [{"repository": {"name": "lib"}, "toPath": "app"}]},
            ),
            Step("back", Act.LEAVE, source={"include": [{"repository": {"name": "lib"}}]}),
        ),
        source={"include": [{"repository": {"name": "lib"}}]},
        others=(("lib", {}),),
    ),
    Fleet(
        "submodules",
        "spec.recurseSubmodules, on and off, by a relative and a whole address",
        ends(
            install(
                {
                    "app/kustomization.yaml": kustomization("resources: [one.yaml]\n"),
                    **_ONE,
                    "lib/two.yaml": config_map("two", a="1"),
                }
            ),
            Step(
                "a submodule",
                Act.PUSH,
                files(
                    {
                        "app/kustomization.yaml": kustomization("resources: [one.yaml, sub/lib/two.yaml]\n"),
                        ".gitmodules": '[submodule "x"]\n\tpath = app/sub\n\turl = ../submodules.git\n',
                    }
                ),
                modules=(("app/sub", "@HEAD@"),),
            ),
            push("a change beside it", _TWO),
            push(
                "a whole address",
                {
                    ".gitmodules": '[submodule "x"]\n\tpath = app/sub\n\turl = @URL@.git\n',
                    "lib/two.yaml": config_map("two", a="2"),
                },
            ),
            Step("another commit of it", Act.PUSH, files(_THREE), modules=(("app/sub", "@HEAD@"),)),
            Step("off", Act.LEAVE, source={"recurseSubmodules": False}),
            push("no longer needed", {"app/kustomization.yaml": kustomization("resources: [one.yaml]\n")}),
        ),
        source={"recurseSubmodules": True},
    ),
    Fleet(
        "sparse",
        "spec.sparseCheckout: directories, other ones, one that is missing, none",
        ends(
            install({**_ONE, "apple/x.md": "words\n", "docs/a.md": "words\n", "README.md": "words\n"}),
            push("a change outside", {"docs/a.md": "more\n"}),
            push("other directories", _TWO, source={"sparseCheckout": ["./app/", "docs"]}),
            Step("a missing one", Act.LEAVE, source={"sparseCheckout": ["app", "none"]}),
            push("all of it", _THREE, source={"sparseCheckout": None}),
        ),
        source={"sparseCheckout": ["app"]},
    ),
    Fleet(
        "source-suspended",
        "a source that is suspended and resumed",
        ends(
            install(_ONE),
            Step("suspend", Act.LEAVE, source={"suspend": True}, quiet=True),
            Step("push while suspended", Act.LEAVE, files=files(_TWO), quiet=True),
            push("resume", _THREE, source={"suspend": False}),
        ),
    ),
)
