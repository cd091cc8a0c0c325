package infra

import "testing"

// countParts counts them in what was registered.
func (s stack) countParts(t *testing.T, zones int) Parts {
	t.Helper()
	p := Parts{}
	p.NATGateways = map[any]int{"None": 0, "Single": 1, "OnePerAz": zones}[s.one(t, vpcType, "").at(t, "natGateways.strategy")]
	p.PublicAddresses = zones + p.NATGateways
	for _, endpoint := range s.all(endpointType, "") {
		if endpoint.at(t, "vpcEndpointType") == "Interface" {
			p.InterfaceEndpoints += zones
		}
	}
	for _, alarm := range s.all(alarmType, "") {
		p.AlarmMetrics += max(1, len(alarm.queriedMetrics(t)))
	}
	p.AlarmMetrics += metricsOfPolicy * len(s.all(scalingPolicyType, ""))
	for _, acl := range s.all(webACLType, "") {
		p.FirewallRules += len(acl.at(t, "rules").([]any))
	}
	return p
}

// queriedMetrics are those that an alarm computes with.
func (r registered) queriedMetrics(t *testing.T) []any {
	t.Helper()
	queries, _ := r.at(t, "metricQueries").([]any)
	var metrics []any
	for _, query := range queries {
		if metric := query.(map[string]any)["metric"]; metric != nil {
			metrics = append(metrics, metric)
		}
	}
	return metrics
}

func TestPartsAreWhatIsDeployed(t *testing.T) {
	tests := []struct {
		statement string
		values    values
		zones     int
	}{
		{"by default", nil, 2},
		{"with a NAT gateway a zone", values{"natStrategy": "onePerAz", "availabilityZoneCount": "3"}, 3},
		{"with endpoints", values{"natStrategy": "none", "ecsExec": "true", "secrets": someSecrets["secrets"]}, 2},
		{"with alarms and a firewall", values{"alarms": "true", "firewall": "true"}, 2},
		{"without autoscaling", values{"minimumTaskCount": "4", "alarms": "true"}, 2},
	}
	for _, test := range tests {
		t.Run(test.statement, func(t *testing.T) {
			want := deploy(t, test.values).countParts(t, test.zones)
			files, err := readDefaults(projectDirectory(t), testStack)
			must(t, err)
			for key, value := range test.values {
				files.values[files.fullName(key)] = value
			}
			config, err := LoadConfig(files)
			must(t, err)
			if got := config.Parts(); got != want {
				t.Errorf("parts are %+v, deployed are %+v", got, want)
			}
		})
	}
}
