module fargate-stack/local

go 1.26
