"""What is packaged: each of our files in .chalice/, in one template that is deployed."""

import json
import re
import subprocess

import pytest

from tools.package import ROOT, _require_bundles, additions

CONFIG = {"stages": {"dev": {}, "prod": {"template_parameters": {"Keep": "true"}}}}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "policy-api.json").write_text('{"Statement": []}')
    resources = {
        "Parameters": {"Keep": {"Type": "String", "Default": "false"}},
        "Resources": {"A": {"Size": 1}},
    }
    (tmp_path / "resources.json").write_text(json.dumps(resources))
    (tmp_path / "alarms.json").write_text(
        json.dumps({"Resources": {"A": {"Traced": True}, "B": {}}})
    )
    return tmp_path


def test_every_file_that_is_not_of_chalice_is_merged_into_the_template(folder):
    merged = additions(folder, "dev")

    assert merged == {
        "Parameters": {"Keep": {"Type": "String", "Default": "false"}},
        "Resources": {"A": {"Size": 1, "Traced": True}, "B": {}},
    }


def test_the_parameters_of_a_stage_are_the_defaults_of_its_template(folder):
    merged = additions(folder, "prod")

    assert merged["Parameters"] == {"Keep": {"Type": "String", "Default": "true"}}


def test_a_parameter_that_no_template_declares_is_refused(folder):
    (folder / "resources.json").unlink()

    with pytest.raises(
        SystemExit, match="package: Keep of .chalice/config.json is no parameter of the template"
    ):
        additions(folder, "prod")


def test_a_dashboard_is_written_as_an_object_and_packaged_as_the_text_that_cloudformation_takes(
    folder,
):
    dashboard = {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardBody": {"widgets": ["${A}"]}},
    }
    (folder / "dashboard.json").write_text(json.dumps({"Resources": {"Shown": dashboard}}))

    merged = additions(folder, "dev")

    assert merged["Resources"]["Shown"]["Properties"] == {
        "DashboardBody": {"Fn::Sub": '{"widgets": ["${A}"]}'}
    }


def test_make_deploys_what_it_has_just_packaged():
    made = subprocess.run(
        ["make", "-n", "deploy", "STAGE=prod"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert re.findall(r"-m (tools\..*)", made.stdout) == [
        "tools.deploy check",
        "tools.package --stage prod",
        "tools.deploy deploy --stage prod",
    ]


@pytest.mark.parametrize(
    "bundle",
    [
        "chalicelib/authorities.pem",
        "/var/task/chalicelib/authorities.pem",
        "/opt/authorities.pem",
        None,
    ],
)
def test_a_bundle_of_certificates_that_the_zip_holds_is_taken(tmp_path, bundle):
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "chalicelib/authorities.pem").touch()

    _require_bundles(_template(tmp_path, bundle), tmp_path)


@pytest.mark.parametrize("bundle", ["authorities.pem", "/home/me/authorities.pem", "chalicelib"])
def test_a_bundle_of_certificates_that_the_zip_does_not_hold_is_refused(tmp_path, bundle):
    (tmp_path / "chalicelib").mkdir()

    with pytest.raises(
        SystemExit, match=f"package: CA_BUNDLE='{bundle}' is not in the zip: it takes the path of "
    ):
        _require_bundles(_template(tmp_path, bundle), tmp_path)


def _template(folder, bundle):
    variables = {} if bundle is None else {"CA_BUNDLE": bundle}
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Environment": {"Variables": variables}},
    }
    path = folder / "sam.json"
    path.write_text(json.dumps({"Resources": {"Retry": function, "Queue": {"Properties": {}}}}))
    return path
