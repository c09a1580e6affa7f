"""Writes a package of the Swift blocks of documents, for scripts/check-readme: a target for each document, each block
a function of it, so that what a document says builds and runs as it stands.

usage: document-package.py ROOT PACKAGE DOCUMENT…    (a document as README or docs/training, without .md)

- What a block takes for granted, a model or a run of the reader's own, is in scripts/lib/documents/NAME.swift. Where that
  file begins with "// Built alone", nothing of the document is run.
- Imports of a block hold for those after it.
- A block with a @Test is a test; one with lines of a manifest is not built, but what it says of a package from elsewhere has
  to be what our own manifest says.
- README's first block is a program of its own as well, FirstLines.
"""
import os
import re
import sys

# Where a module comes from; "hyperstep" is this clone, whatever its folder is called.
PRODUCTS = {
    "Hyperstep": "hyperstep", "HyperstepLifecycle": "hyperstep", "HyperstepMetrics": "hyperstep",
    "HyperstepTestKit": "hyperstep", "Logging": "swift-log", "Metrics": "swift-metrics",
    "ServiceLifecycle": "swift-service-lifecycle",
}
WITH_TOOLCHAIN = {"Foundation", "Testing"}
MANIFEST = re.compile(r"\.(package|product|testTarget)\(")
REQUIREMENT = re.compile(r'\.package\(url: "([^"]+)", from: "([^"]+)"')

HEAD = """\
// swift-tools-version: 6.2
import PackageDescription

// SwiftPM names a package at a path after its folder, and a clone may be in any.
let folders = Context.packageDirectory.split(separator: "/")
let hyperstep = folders[folders.count - 4].lowercased()

let package = Package(
    name: "documents",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "../../..", traits: ["ServiceLifecycle", "SwiftMetrics"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
"""


class Block:
    def __init__(self, document, line, lines):
        self.document, self.line = document, line
        self.imports = [text.split()[1] for text in lines if text.startswith("import ")]
        # Blank where they were, so that the compiler's line numbers are the document's.
        self.lines = ["" if text.startswith("import ") else text for text in lines]
        self.is_test = any(text.startswith("@Test") for text in lines)
        self.is_async = any("await" in text.split("//")[0] for text in lines)

    def source(self, number, imports):
        place = f'#sourceLocation(file: "{self.document}.md", line: {self.line})'
        body = [place, *self.lines, "#sourceLocation()"]
        if not self.is_test:
            effects = "async throws" if self.is_async else "throws"
            body = [f"func block{number}() {effects} {{", *body, "}"]
        return "\n".join([f"import {name}" for name in imports] + body) + "\n"

    def call(self, number):
        return ("try await " if self.is_async else "try ") + f"block{number}()"


def check_requirements(root, document, lines):
    with open(os.path.join(root, "Package.swift")) as file:
        ours = dict(REQUIREMENT.findall(file.read()))
    for url, version in REQUIREMENT.findall("\n".join(lines)):
        if ours.get(url, version) != version:
            sys.exit(f"document-package: {document}.md has {url} from {version}, and Package.swift from {ours[url]}")


def blocks(root, document):
    with open(os.path.join(root, document + ".md")) as file:
        lines = file.read().split("\n")
    found, inside = [], None
    for number, text in enumerate(lines, 1):
        if inside is not None and text.startswith("```"):
            if any(MANIFEST.search(line) for line in inside):
                check_requirements(root, document, inside)
            else:
                found.append(Block(document, first, inside))
            inside = None
        elif inside is not None:
            inside.append(text)
        elif text == "```swift":
            inside, first = [], number + 1
    if not found:
        sys.exit(f"document-package: {document}.md has no block ```swift")
    return found


class Package:
    def __init__(self, folder):
        self.folder, self.targets, self.files, self.programs = folder, [], set(), []

    def write(self, path, text):
        """Only what differs, so that nothing else is built again."""
        path = os.path.join(self.folder, path)
        self.files.add(path)
        if os.path.exists(path):
            with open(path) as file:
                if file.read() == text:
                    return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def add(self, kind, name, imports):
        unknown = [module for module in imports if module not in PRODUCTS and module not in WITH_TOOLCHAIN]
        if unknown:
            sys.exit(f"document-package: {name} imports {unknown[0]}, which PRODUCTS does not name")
        products = [
            '.product(name: "%s", package: %s)'
            % (module, "hyperstep" if PRODUCTS[module] == "hyperstep" else f'"{PRODUCTS[module]}"')
            for module in imports if module in PRODUCTS]
        self.targets.append(f'        .{kind}(name: "{name}", dependencies: [{", ".join(products)}])')

    def add_document(self, root, document):
        title = document.split("/")[-1]
        name = "Document" + title.capitalize()
        found = blocks(root, document)
        is_test = any(block.is_test for block in found)
        folder = f"{'Tests' if is_test else 'Sources'}/{name}"
        with open(os.path.join(root, "scripts/lib/documents", title + ".swift")) as file:
            context = file.read()
        imports = ["Hyperstep"]
        for number, block in enumerate(found, 1):
            imports += [module for module in block.imports if module not in imports]
            self.write(f"{folder}/Block{number}.swift", block.source(number, imports))
        everything = ["Foundation", *imports]
        self.write(f"{folder}/Context.swift", "".join(f"import {module}\n" for module in everything) + context)
        if not is_test:
            calls = [block.call(number) for number, block in enumerate(found, 1)]
            self.write(f"{folder}/main.swift", "\n".join(calls) + "\n")
            if not context.startswith("// Built alone"):
                self.programs.append(name)
        self.add("testTarget" if is_test else "executableTarget", name, everything)
        return found

    def finish(self):
        self.write("Package.swift", HEAD + ",\n".join(self.targets) + "\n    ]\n)\n")
        for top in ("Sources", "Tests"):
            for folder, _, names in os.walk(os.path.join(self.folder, top)):
                for name in names:
                    if os.path.join(folder, name) not in self.files:
                        os.remove(os.path.join(folder, name))


root, package = sys.argv[1], Package(sys.argv[2])
for document in sys.argv[3:]:
    found = package.add_document(root, document)
    if document == "README":
        first = found[0]
        if "Hyperstep" not in first.imports:
            sys.exit("document-package: README.md's first block ```swift does not import Hyperstep")
        # As they stand: no line of ours.
        lines = [f"import {module}" for module in first.imports] + first.lines
        package.write("Sources/FirstLines/main.swift", "\n".join(lines) + "\n")
        package.add("executableTarget", "FirstLines", ["Hyperstep"])
package.finish()
print("\n".join(package.programs))
