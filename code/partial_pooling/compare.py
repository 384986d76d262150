"""Hold fits against lme4's results for the same model, stored in data/reference/lme4.json, and against one another."""

import json

import numpy as np
import pandas as pd

from partial_pooling import bambi_model
from partial_pooling.datasets import DATA
from partial_pooling.engine import MixedFit, spread
from partial_pooling.engine.evaluate import read_formula
from partial_pooling.estimates import estimates
from partial_pooling.folded import FoldedTable
from partial_pooling.posterior import posterior_table

LOGLIK_TOLERANCE = 1e-4
FIXED_TOLERANCE = 1e-5  # relative to the estimate or its standard error, whichever is larger
SD_TOLERANCE = 1e-3  # standard deviations, correlations and group effects
STANDARD_ERROR_TOLERANCE = 0.03  # relative: statsmodels runs up to 2.6 % high on unbalanced data

DISTANCES = {"coefficients": 0.25, "SDs": 0.75, "groups' effects": 0.5}
"""Largest distance of a posterior mean from lme4's estimate, in posterior standard deviations. On the book's posteriors
it is at most 0.1 for coefficients, 0.6 for standard deviations and 0.3 for groups' effects: where groups are few the
posterior of a standard deviation is skewed, with a mean above the mode."""

SPREAD = 2
"""Largest factor between a coefficient's posterior standard deviation and lme4's standard error."""

SMALL = 0.0005
"""Differences below it are told together: which of them is the largest is rounding, and changes with the processor."""

SAME_PREDICTOR = 1e-6
"""Largest difference between two linear predictors that is rounding."""

KINDS = ("log-likelihood", "coefficients", "SDs and correlations", "groups' effects", "standard errors")
"""What a fit is compared in."""


class DisagreementError(AssertionError):
    """A fit differs from lme4's by more than rounding and optimisation can explain."""


def compare(fit, name):
    """Say in one line how far a mixed-model fit is from lme4's fit of the same model, with the table folded under it.

    Parameters
    ----------
    fit : MixedLMResultsWrapper, MixedFit, or arviz.InferenceData or xarray.DataTree
        By :func:`partial_pooling.checked_fit`, by :func:`partial_pooling.lmm`, or a posterior as Bambi's
        ``model.fit()`` returns it.
    name : str
        Name of the model in data/reference/lme4.json. Bambi's group-level effects are independent, so a posterior is
        held against lme4's fit with ``||`` in place of ``|``, stored as ``name_independent``, where that differs.

    Returns
    -------
    FoldedTable
        Its `line` counts what was compared and says how large the largest difference is, and of what. Its `table` has
        one row a quantity. Of a fit, to four decimals: the fit's, lme4's, and the difference; the last row is the
        largest difference among all groups' effects (conditional modes). Of a posterior: its mean and 95 % interval,
        lme4's estimate, and the distance between mean and estimate in standard deviations of the posterior; the last
        row is the largest distance among all groups' effects.

    Raises
    ------
    ValueError
        If there is no such reference model (the message lists those there are), or if the fit is another model:
        its data have another number of rows or other groups, its terms differ, or it was made by ML where the
        reference is REML's.
    DisagreementError
        If a difference is beyond tolerance: log-likelihood 1e-4; fixed effects 1e-5 of the estimate or its standard
        error; standard deviations, correlations and group effects 1e-3; standard errors 3 %. Of a posterior, if a
        distance is beyond `DISTANCES`, or a coefficient's standard deviation is not lme4's standard error up to a
        factor of `SPREAD`.
    """
    if not hasattr(fit, "llf"):
        independent = f"{name}_independent"
        name = independent if _model(name)["correlation"] and independent in _models() else name
        return _beside_posterior(fit, name, _model(name))
    table = differences(fit, name)
    return FoldedTable(_line(table, _model(name)), table.drop(columns=["allowed", "kind"]).map(_four_decimals))


def _line(table, lme4):
    """What a table of differences amounts to."""
    sizes = table["difference"].abs()
    largest = sizes.max()
    found = f"the largest difference is {largest:.4f} ({sizes.idxmax()})"
    end = f"no difference reaches {SMALL}" if largest < SMALL else found
    return f"{table.columns[0]}: agrees with lme4 in {_compared(table, lme4)}; {end}."


def _compared(table, lme4):
    """How many quantities a table compares; its last row stands for the groups' effects."""
    effects = sum(len(effect) for factor in lme4["modes"].values() for effect in factor.values())
    return f"{len(table) - 1} quantities and {effects:,} groups' effects"


def _models():
    return json.loads((DATA / "reference" / "lme4.json").read_text())["models"]


def _model(name):
    models = _models()
    if name not in models:
        raise ValueError(
            f"there is no reference model {name!r}: compare() knows lme4's fits of the book's own models, which are "
            f"{', '.join(models)}. A model of your own data is held against the book's engine by checked_fit(model), "
            "which raises an error where the two differ"
        )
    return models[name]


def differences(fit, name):
    """Hold a fit against lme4's of the same model, in numbers.

    Parameters
    ----------
    fit : MixedLMResultsWrapper, MixedFit or Estimates
    name : str
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        One row a quantity; columns the program that made the fit, `lme4`, `difference`, what is `allowed`, and the
        `kind` of quantity (a key of `KINDS`).

    Raises
    ------
    ValueError, DisagreementError
        As :func:`compare`.
    """
    table = _beside_fit(fit, name, _model(name))
    beyond = table[~(table["difference"].abs() <= table["allowed"])]  # so that not-a-number is beyond, too
    if len(beyond):
        shown = beyond.drop(columns="kind").to_string(float_format="{:.6g}".format)
        raise DisagreementError(
            f"{name!r} disagrees with lme4:\n{shown}\nThe columns of the data, the formula or the optimum differ."
        )
    return table


def _beside_fit(fit, name, lme4):
    """Both programs' estimates, their differences and what is allowed."""
    if fit.nobs != lme4["rows"]:
        raise ValueError(f"{name!r} was fitted to {lme4['rows']} rows by lme4, this fit has {fit.nobs:.0f}")
    if fit.method != "REML":
        raise ValueError(f"{name!r} is compared under REML; fit with reml=True")
    ours = estimates(fit)
    between, modes = _group_level(ours, list(lme4["modes"]))
    if set(ours.names) != set(lme4["fixed"]) or between.keys() != _between(lme4).keys():
        raise ValueError(f"{name!r} is {lme4['formula']}; this fit has {', '.join([*ours.names, *between])}")
    rows = []
    for term, published in lme4["fixed"].items():
        scale = max(abs(published["estimate"]), published["standard_error"])
        rows.append((term, ours.fe_params[term], published["estimate"], FIXED_TOLERANCE * scale, "coefficients"))
        allowed = STANDARD_ERROR_TOLERANCE * published["standard_error"]
        rows.append(
            (f"{term}, standard error", fit.bse_fe[term], published["standard_error"], allowed, "standard errors")
        )
    for term, published in _between(lme4).items():
        kind = "SD" if term in lme4["sd"] else "correlation"
        rows.append((f"{kind} between, {term}", between[term], published, SD_TOLERANCE, "SDs and correlations"))
    rows.append(("SD within (residual)", np.sqrt(ours.scale), lme4["sigma"], SD_TOLERANCE, "SDs and correlations"))
    rows.append(("log-likelihood (REML)", ours.llf, lme4["loglik_reml"], LOGLIK_TOLERANCE, "log-likelihood"))

    table = pd.DataFrame(rows, columns=["quantity", ours.program, "lme4", "allowed", "kind"]).set_index("quantity")
    table.insert(2, "difference", table[ours.program] - table["lme4"])
    largest = max(_largest_difference(modes[factor], published) for factor, published in lme4["modes"].items())
    table.loc["largest difference of a group's effect"] = [np.nan, np.nan, largest, SD_TOLERANCE, "groups' effects"]
    return table


def _beside_posterior(idata, name, lme4):
    """The posterior's means and intervals beside lme4's estimates, folded."""
    of_bambi = {f"{effect.replace('Intercept', '1')}|{factor}_sigma": f"{factor}: {effect}"
                for factor, effect in (term.split(": ") for term in lme4["sd"])}  # fmt: skip
    names = {term: term for term in lme4["fixed"]}
    names |= {parameter: f"SD between, {term}" for parameter, term in of_bambi.items()}
    names["sigma"] = "SD within (residual)"
    draws = idata["posterior"].data_vars  # nutpie adds transformed parameters, whose names end in two underscores
    scalars = {parameter for parameter in draws if draws[parameter].ndim == 2 and not parameter.endswith("__")}
    if lme4["correlation"] or scalars != set(names):
        raise ValueError(
            f"{name!r} is {lme4['formula']}, this posterior has {', '.join(sorted(scalars))}; "
            "Bambi's group-level effects are independent, so that their reference is a model with ||"
        )
    rows = idata["observed_data"].sizes["__obs__"] if "observed_data" in idata else lme4["rows"]
    if rows != lme4["rows"]:
        raise ValueError(f"{name!r} was fitted to {lme4['rows']} rows by lme4, this posterior has seen {rows}")
    published = [term["estimate"] for term in lme4["fixed"].values()]
    published += [lme4["sd"][term] for term in of_bambi.values()] + [lme4["sigma"]]
    distances = {label: _distance(draws[parameter], value)
                 for (parameter, label), value in zip(names.items(), published, strict=True)}  # fmt: skip
    effects = [_effect_distances(draws, factor, modes) for factor, modes in lme4["modes"].items()]
    distances["largest distance of a group's effect"] = np.max(np.abs(np.concatenate(effects)))
    distances = pd.Series(distances, name="distance")
    kinds = ["coefficients"] * len(lme4["fixed"]) + ["SDs"] * (len(of_bambi) + 1) + ["groups' effects"]
    _refuse_elsewhere(name, distances, kinds)
    _refuse_other_widths(name, draws, lme4["fixed"])

    table = posterior_table(idata, names).rename(columns={"mean": "Bambi, mean"})
    table = table.assign(lme4=[f"{value:.4f}" for value in published]).reindex(distances.index, fill_value="")
    largest = distances.abs().groupby(kinds, sort=False).max()
    line = (
        f"Bambi: its means agree with lme4 in {_compared(table, lme4)}; the largest distance, in standard deviations "
        f"of the posterior, is {', '.join(f'{distance:.1f} for {kind}' for kind, distance in largest.items())}."
    )
    table["distance"] = distances.map("{:.1f}".format).replace("-0.0", "0.0")
    return FoldedTable(line, table.rename_axis("quantity"))


def _refuse_elsewhere(name, distances, kinds):
    """Refuse means that lie too far from lme4's estimates."""
    beyond = distances[~(distances.abs() <= [DISTANCES[kind] for kind in kinds])]  # so that not-a-number is beyond, too
    if len(beyond):
        raise DisagreementError(
            f"{name!r}: the posterior lies elsewhere than lme4's estimates, in posterior standard deviations:\n"
            f"{beyond.to_string(float_format='{:.2f}'.format)}\n"
            "The columns of the data or the formula differ, the chains did not mix, or a prior is not wide."
        )


def _refuse_other_widths(name, draws, fixed):
    """Refuse coefficients whose posterior is much wider or narrower than lme4's standard error."""
    for term, values in fixed.items():
        ratio = float(draws[term].std()) / values["standard_error"]
        if not 1 / SPREAD <= ratio <= SPREAD:
            raise DisagreementError(
                f"{name!r}: the posterior of {term} is {ratio:.2f} times as wide as lme4's standard error. The chains "
                "did not mix, a prior is not wide, or rows are missing or counted twice."
            )


def _distance(draws, published):
    """How many posterior standard deviations the posterior mean lies above a value."""
    return float((draws.mean() - published) / draws.std())


def _effect_distances(draws, factor, modes):
    """The same for all groups' effects of a factor, in one array."""
    published, found = pd.DataFrame(modes), []
    for effect in published:
        of_effect = draws[f"{effect.replace('Intercept', '1')}|{factor}"]
        (dimension,) = set(of_effect.dims) - {"chain", "draw"}
        of_effect = of_effect.assign_coords({dimension: of_effect[dimension].astype(str)})  # as JSON has them
        unknown = published.index.difference(of_effect[dimension].to_index())
        if len(unknown):
            raise ValueError(
                f"this posterior has no group of {factor!r} called {', '.join(unknown)}, which lme4's fit has"
            )
        of_effect = of_effect.sel({dimension: list(published.index)})
        mean, sd = (getattr(of_effect, statistic)(["chain", "draw"]).to_numpy() for statistic in ("mean", "std"))
        found.append((mean - published[effect].to_numpy()) / sd)
    return np.concatenate(found)


def _group_level(ours, factors):
    """Standard deviations and correlations, and modes, under lme4's names of the grouping factors."""
    between, modes = {}, {}
    for factor, covariance in ours.cov_re.items():
        name = next((known for known in factors if factor in (known, known.split(":")[-1])), factor)
        sd, correlations = spread(name, covariance)
        between |= sd | correlations
        modes[name] = ours.random_effects[factor]
    return between, modes


def _between(lme4):
    return lme4["sd"] | lme4["correlation"]


def _largest_difference(modes, published):
    published = pd.DataFrame(published)
    modes = modes.set_axis(modes.index.astype(str))  # as JSON has them, also where the labels are numbers
    if modes.index[0] not in published.index:  # of a:b where the labels of b suffice
        published = published.set_axis([label.partition(":")[2] for label in published.index])
    return (modes.loc[published.index, list(published)] - published).abs().to_numpy().max()


def _four_decimals(value):
    return "" if np.isnan(value) else f"{value:.4f}".replace("-0.0000", "0.0000")


def agreement(name, *fits, bambi=None):
    """Table by how much fits of a model differ from lme4's, and whether a Bambi model has the same linear predictor.

    Every fit is held against lme4 by :func:`partial_pooling.compare`, with its tolerances. A Bambi model is not
    sampled: its linear predictor is evaluated at the estimates of one of the fits, which must give that fit's fitted
    values. That the two state the same columns and the same groups is thereby exact; their distributions may differ.

    Parameters
    ----------
    name : str
        Name of the model in data/reference/lme4.json.
    *fits : MixedLMResultsWrapper or MixedFit
        By statsmodels or by the engine; with a Bambi model one of them must be the engine's.
    bambi : bambi.Model, optional

    Returns
    -------
    pandas.DataFrame
        One column a program; largest absolute differences, to four decimals.

    Raises
    ------
    ValueError, DisagreementError
        As :func:`partial_pooling.compare`; also if Bambi's linear predictor differs by more than `SAME_PREDICTOR`.
    """
    columns = {}
    for fit in fits:
        table = differences(fit, name)
        columns[table.columns[0]] = table["difference"].abs().groupby(table["kind"]).max()
    table = pd.DataFrame(columns).loc[list(KINDS[:4])].rename_axis(None)
    if bambi is not None:
        (engine,) = (fit for fit in fits if isinstance(fit, MixedFit))
        apart = linear_predictor_difference(bambi, engine)
        if not apart <= SAME_PREDICTOR:
            raise DisagreementError(
                f"{name!r}: Bambi's linear predictor differs from the engine's by up to {apart:.6g}"
            )
        table.loc["linear predictor", "Bambi"] = apart
    return table.map(lambda value: "" if np.isnan(value) else f"{value:.4f}")


def linear_predictor_difference(model, fit):
    """Largest difference between a Bambi model's linear predictor at a fit's estimates and the fitted values.

    Parameters
    ----------
    model : bambi.Model
    fit : MixedFit
        Of the same formula to the same data, by the engine.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the two do not have the same coefficients and group-level effects.
    """
    from bambi import Model  # more than half of the time that importing this package would take

    plain = Model(model.formula, model.data, center_predictors=False, noncentered=False)
    plain.build()
    variables, dimensions = plain.backend.model.named_vars, plain.backend.model.named_vars_to_dims
    names, columns, values = bambi_model.variables(plain), bambi_model.columns(plain), {}
    theirs, ours = _terms(columns.design, columns.groups), _terms(fit.fe_params.index, fit.random_effects)
    if theirs != ours:
        raise ValueError(f"Bambi's terms are {', '.join(theirs)}; the fit's are {', '.join(ours)}")
    for name, value in zip(names.design, fit.fe_params, strict=True):
        values.setdefault(name, []).append(value)
    for factor, effects in fit.random_effects.items():
        groups = plain.backend.model.coords[f"{factor}__factor_dim"]
        table = effects.set_axis(effects.index.astype(str))  # Bambi's labels are text
        table = table.reindex(map(str, groups), fill_value=0.0)  # a:b has groups of pairs that do not occur
        for name, effect in zip(names.groups[factor], effects, strict=True):
            values.setdefault(name, []).append(table[effect].to_numpy())
    given = {}
    for name, value in values.items():
        dims = dimensions.get(name, ())
        of_groups_first = len(dims) == 2 and dims[0] in [f"{factor}__factor_dim" for factor in fit.random_effects]
        value = np.transpose(value) if of_groups_first else np.asarray(value)
        given[variables[name]] = value if len(dims) == value.ndim else value[0]
    return float(np.abs(variables["mu"].eval(given) - _fitted_values(model, fit)).max())


def _terms(population, groups):
    return sorted([*population, *(f"{effect}|{factor}" for factor, effects in groups.items() for effect in effects)])


def _fitted_values(model, fit):
    _, design, terms = read_formula(str(model.formula.main), model.data, fit.namespace)
    fitted = design.to_numpy() @ fit.fe_params.to_numpy()
    for term in terms:
        effects = fit.random_effects[term.name].loc[np.asarray(term.labels)].to_numpy()
        fitted = fitted + (term.columns * effects).sum(axis=1)
    return fitted
