"""The pytest plugin: collects chapters, runs each cell, and compares what it gives with what is stored.

Built on nbval, which runs the kernel. nbval's own collection, with its skips and exemptions, is not used.
"""

from collections import defaultdict

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from .notebook import CHAPTERS, SEED, code_cells, kept_figures, place, prepare_environment, read, tags
from .outputs import compare_outputs, counts
from .prose import prose_findings
from .report import Progress, describe
from .structure import structure_findings


def pytest_addoption(parser):
    """Add ``--reseed``, for the run that shows the sampled cells' tolerance to be wide enough."""
    parser.getgroup("gate").addoption(
        "--reseed", type=int, default=0, metavar="N", help="add N to every random_seed=... in the chapters' code"
    )


def pytest_configure(config):
    """Let every kernel run in this environment, and show progress by chapter."""
    prepare_environment()
    config.option.nbval_current_env = True
    if not hasattr(config, "workerinput"):  # the workers' reports all arrive at the process that started them
        config.pluginmanager.register(Progress(config))


def pytest_collect_file(file_path, parent):
    """Collect the notebooks that lie directly in a folder called chapters."""
    if file_path.suffix == ".ipynb" and file_path.parent.name == CHAPTERS.name:
        return Chapter.from_parent(parent, path=file_path)
    return None


class Chapter(IPyNbFile):
    """A notebook: its structure, its prose, its code cells and the answers to its exercises, in one kernel."""

    def collect(self):
        self.nb = read(self.path)
        yield Findings.from_parent(self, name="structure", check=structure_findings)
        yield Findings.from_parent(self, name="prose", check=prose_findings)
        items = [self.item(f"cell {number}", number, cell, counts([cell])) for number, cell in code_cells(self.nb)]
        if self.path.parent == CHAPTERS:
            from .answers import answer_cells  # notebooks elsewhere do without the code that makes the book

            answers = answer_cells(self.path, self.nb)
            items += [self.item(f"answers {number}", number, cell, {}) for number, cell in answers.items()]
        items.sort(key=lambda item: item.cell_num)
        items[-1].user_properties.append(("last", True))
        yield from items

    def setup(self):
        """Start the kernel, and let it keep its history as a notebook's does: only then a semicolon silences a cell."""
        super().setup()
        execute = self.kernel.kc.execute
        self.kernel.kc.execute = lambda *arguments, **options: execute(*arguments, **options | {"store_history": True})

    def item(self, name, number, cell, compared):
        """One cell to be run and compared, which stands at `number` in the notebook."""
        options = defaultdict(bool, check=True, check_exception="raises-exception" in tags(cell))
        item = Cell.from_parent(self, name=name, cell_num=number, cell=cell, options=options)
        item.user_properties.append(("compared", compared))
        return item


class Findings(pytest.Item):
    """One static check of a whole notebook."""

    def __init__(self, check, **kwargs):
        super().__init__(**kwargs)
        self.check = check

    def runtest(self):
        findings = self.check(self.path)
        if findings:
            pytest.fail("\n".join(findings), pytrace=False)

    def reportinfo(self):
        return self.path, None, f"{self.path.name}: {self.name}"


class Cell(IPyNbCell):
    """One code cell, run after those above it in the kernel of its notebook."""

    def runtest(self):
        self.cell.source = reseeded(self.cell.source, self.config.option.reseed)
        super().runtest()
        if self.cell.execution_count is None:
            self.raise_cell_error("the cell was never run, so that nothing is stored to compare with.")

    def compare_outputs(self, test, ref, skip_compare=None):
        """Compare by the gate's rules; called by nbval with the new and the stored outputs."""
        changes = compare_outputs(self.cell, test, kept_figures(self.path, self.cell_num))
        failures = [change for change in changes if change.beyond]
        self.comparison_traceback = [describe(change) for change in failures]
        return not failures

    def repr_failure(self, excinfo):
        if not isinstance(excinfo.value, NbCellError):
            return super().repr_failure(excinfo)
        heading = f"{place(self.path, self.cell_num, self.cell)}: {excinfo.value}"
        remedy = f"To run this chapter again and store what it gives: make refresh CHAPTER={self.path.stem}"
        return "\n".join(part for part in (heading, excinfo.value.inner_traceback, remedy) if part)


def reseeded(source, shift):
    """The source with every literal random seed moved by `shift`."""
    return SEED.sub(lambda match: f"{match[1]}{int(match[2]) + shift}", source)
