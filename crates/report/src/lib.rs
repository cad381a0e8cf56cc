//! Reports: terminal, JSON, SARIF, HTML, CycloneDX, and the difference of two.
